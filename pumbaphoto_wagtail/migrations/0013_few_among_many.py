from django.db import migrations, models


class Migration(migrations.Migration):
    """Indexes of the few rows among millions that are asked for every minute."""

    dependencies = [("pumbaphoto_wagtail", "0012_running_for_years")]

    operations = [
        migrations.AddIndex(
            model_name="storedfile",
            index=models.Index(
                condition=models.Q(("lease_until__isnull", False)),
                fields=["lease_until"],
                name="pumba_file_in_hands",
            ),
        ),
        migrations.AddIndex(
            model_name="storedfile",
            index=models.Index(
                condition=models.Q(("verdict", "demo")),
                fields=["verdict"],
                name="pumba_file_unscanned",
            ),
        ),
        migrations.AddIndex(
            model_name="photo",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", False)),
                fields=["deleted_at"],
                name="pumba_photo_deleted",
            ),
        ),
    ]
