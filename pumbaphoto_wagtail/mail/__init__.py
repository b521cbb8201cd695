"""What e-mails say: contexts, words, looks. The outbox is ``notifications``."""
