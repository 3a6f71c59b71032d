from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='ApiSession',
            fields=[
                ('name', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('nonce', models.PositiveBigIntegerField(default=0)),
                ('token', models.TextField(blank=True)),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('claimed_until', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'verbose_name': 'API session',
                'verbose_name_plural': 'API sessions',
            },
        ),
        migrations.CreateModel(
            name='Batch',
            fields=[
                ('number', models.PositiveIntegerField(primary_key=True, serialize=False, verbose_name='number')),
                ('made_at', models.DateTimeField(verbose_name='made')),
            ],
            options={
                'verbose_name': 'batch',
                'verbose_name_plural': 'batches',
                'ordering': ['-number'],
            },
        ),
        migrations.CreateModel(
            name='Counter',
            fields=[
                ('name', models.CharField(max_length=16, primary_key=True, serialize=False)),
                ('value', models.PositiveBigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='Import',
            fields=[
                ('number', models.PositiveBigIntegerField(primary_key=True, serialize=False, verbose_name='number')),
                ('includes_batch', models.PositiveIntegerField(default=0, verbose_name='includes batch')),
                ('as_of', models.DateTimeField(verbose_name='as of')),
                ('started_at', models.DateTimeField(verbose_name='started')),
                ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='finished')),
            ],
            options={
                'verbose_name': 'import',
                'verbose_name_plural': 'imports',
                'ordering': ['-number'],
                'constraints': [models.CheckConstraint(condition=models.Q(('number__gte', 1)), name='import_number_from_one')],
            },
        ),
    ]
