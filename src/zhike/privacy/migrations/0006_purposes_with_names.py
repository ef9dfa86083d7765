from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("privacy", "0005_consents_of_files")]

    operations = [
        migrations.AddField("purpose", "chinese_name", models.CharField(max_length=80, default="")),
        migrations.AddField("purpose", "about", models.CharField(max_length=400, default="")),
    ]
