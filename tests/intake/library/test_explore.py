from pumbaphoto_wagtail.models import *
def test_x(trusting, rename):
    s = trusting
    s.put(*[f"2013-02-28 Wedding/IMG_{i}.jpg" for i in range(5)], *[f"Clients/Anna/{i}.JPG" for i in range(5)], "notes.txt")
    scan = s.take_in()
    print(scan.state, scan.reason, scan.counts, s.galleries(), scan.done, scan.total)
    for n in scan.notes.all(): print("  ", n.kind, n.path, n.words)
    for f in StoredFile.objects.all(): print(f.storage, f.name, f.stage, f.verdict, f.reason, f.sha256[:6])
    for p in Photo.objects.all(): print(p.name, p.folder, p.gallery.title, p.gallery.shoot_date, p.taken_at, p.taken_at_source, p.width)
    from django.test.utils import CaptureQueriesContext
    from django.db import connection
    with CaptureQueriesContext(connection) as q:
        scan2 = s.scan()
    print(scan2.state, scan2.counts, len(q)); print("\n".join(x["sql"][:150] for x in q if not x["sql"].startswith("SELECT")))
    rename("Clients/Anna", "Clients/Anna & Tom")
    scan3 = s.scan(); print(scan3.state, scan3.reason, scan3.counts, s.galleries())
    import shutil; shutil.rmtree(s.root/"Clients")
    scan4 = s.scan(); print(scan4.state, scan4.reason, scan4.counts)
    s.set(missing_percent=60)
    scan4 = s.scan(); print(scan4.state, scan4.reason, scan4.counts, s.library.folders.values("path","missing_since"))
    assert 0
