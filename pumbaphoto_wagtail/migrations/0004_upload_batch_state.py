"""An index for the question whether every upload of a batch has come to its end."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("pumbaphoto_wagtail", "0003_intake_decisions")]

    operations = [
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(fields=["batch", "state"], name="pumba_upload_batch_state"),
        ),
    ]
