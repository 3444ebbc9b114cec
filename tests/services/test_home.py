"""A home folder is made once, is never overwritten, and its settings are checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from lamplit.domain.errors import LamplitError
from lamplit.services.home import SETTINGS_FILE, Home, write_atomically
from lamplit.services.settings import KNOWN, Settings, new_toml
from lamplit.services.zones import near_zones


def code_of(raised) -> str:
    return raised.value.code


@pytest.fixture
def home(tmp_path):
    return Home.create(tmp_path / "home")


def settings_of(home: Home, text: str) -> Settings:
    (home.path / SETTINGS_FILE).write_text(text, "utf-8")
    return Home.open(home.path).config


def test_a_new_home_keeps_shanghai_days_and_has_its_folders(home):
    assert home.timezone == "Asia/Shanghai"
    assert home.config == Settings()
    for folder in (home.lake_dir, home.state_dir, home.quarantine_dir, home.tmp_dir):
        assert folder.is_dir()
    assert home.registry_file.parent.is_dir()
    assert not home.registry_file.exists()


def test_the_settings_are_explained_in_both_languages():
    text = new_toml("Europe/London")
    assert "What a local day is" in text
    assert "本地日" in text
    assert all(name in text for name in KNOWN)


def test_another_zone_is_kept(tmp_path):
    Home.create(tmp_path / "h", "Australia/Sydney")
    assert Home.open(tmp_path / "h").timezone == "Australia/Sydney"


def test_a_home_is_never_overwritten(home):
    before = (home.path / SETTINGS_FILE).read_bytes()
    with pytest.raises(LamplitError) as raised:
        Home.create(home.path, "Europe/London")
    assert code_of(raised) == "home.exists"
    assert (home.path / SETTINGS_FILE).read_bytes() == before


def test_files_that_lie_in_the_folder_are_left_alone(tmp_path):
    (tmp_path / "readings.csv").write_text("x")
    Home.create(tmp_path)
    assert (tmp_path / "readings.csv").read_text() == "x"


def test_a_file_is_not_a_folder(tmp_path):
    (tmp_path / "f").write_text("")
    with pytest.raises(LamplitError) as raised:
        Home.create(tmp_path / "f")
    assert code_of(raised) == "home.not-a-folder"


@pytest.mark.parametrize("address", ["s3a://bucket/home", "hdfs://name/home", "file:///shared/h"])
def test_an_address_is_no_folder_and_none_is_made_of_its_name(tmp_path, monkeypatch, address):
    monkeypatch.chdir(tmp_path)
    for opened in (Home.create, Home.open):
        with pytest.raises(LamplitError) as raised:
            opened(Path(address))
        assert code_of(raised) == "home.address"
        assert "`lake` in its lamplit.toml" in raised.value.remedy("en")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "lake",
    ["s3://key:secret@bucket/city", "s3://key@bucket/city", "hdfs://me:secret@name/city",
     "/shared/lake", "ftp://name/city", "bucket", "s3://", 7],
)  # fmt: skip
def test_a_lake_is_at_an_address_without_a_password_in_it(tmp_path, lake):
    """Credentials are found in the environment: a settings file is shown to many."""
    home = Home.create(tmp_path / "home")
    settings = home.path / "lamplit.toml"
    said = f'"{lake}"' if isinstance(lake, str) else lake
    settings.write_text(f"lake = {said}\n{settings.read_text('utf-8')}", "utf-8")
    with pytest.raises(LamplitError) as raised:
        Home.open(home.path)
    assert code_of(raised) == "home.bad-setting" and raised.value.fields["name"] == "lake"
    assert "secret" not in raised.value.says("en")


def test_a_folder_may_be_named_like_an_address(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("kept:").mkdir()
    Path("kept:/home").mkdir()
    Home.create(Path("kept:/home"))
    assert Home.open(Path("kept:/home")).timezone == "Asia/Shanghai"


def test_an_unknown_zone_makes_nothing_and_suggests(tmp_path):
    with pytest.raises(LamplitError) as raised:
        Home.create(tmp_path / "h", "Beijing")
    assert code_of(raised) == "home.unknown-timezone"
    assert "Asia/Shanghai" in raised.value.describe("zh")
    assert not (tmp_path / "h").exists()


@pytest.mark.parametrize(
    ("meant", "zone"),
    [
        ("asia/shanghai", "Asia/Shanghai"),
        ("Shanghai", "Asia/Shanghai"),
        ("北京时间", "Asia/Shanghai"),
        ("bejing", "Asia/Shanghai"),
        ("Europe/Lodon", "Europe/London"),
        ("new york", "America/New_York"),
    ],
)
def test_a_near_miss_finds_its_zone(meant, zone):
    assert near_zones(meant)[0] == zone


@pytest.mark.parametrize("name", ["", "/etc/localtime", "../UTC", "Nowhere/Atall"])
def test_what_is_not_a_zone_is_refused(tmp_path, name):
    with pytest.raises(LamplitError):
        Home.create(tmp_path / "h", name)


def test_opening_what_is_no_home_says_how_to_make_one(tmp_path):
    with pytest.raises(LamplitError) as raised:
        Home.open(tmp_path)
    assert code_of(raised) == "home.not-found"
    assert "lamplit init" in raised.value.describe("en")


def test_settings_are_read_also_with_a_byte_order_mark(home):
    settings = settings_of(
        home,
        '\ufefftimezone = "UTC"\nmemory_limit = "4GB"\nthreads = 2\n[detector]\nmicro_kwh = 0.7\n',
    )
    assert (settings.timezone, settings.memory_limit, settings.threads) == ("UTC", "4GB", 2)
    assert settings.detector["micro_kwh"] == 0.7


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("timezone = Asia/Shanghai", "home.bad-toml"),
        ('timezon = "UTC"', "home.unknown-setting"),
        ('timezone = "Mars/Olympus"', "home.unknown-timezone"),
        ("timezone = 8", "home.bad-setting"),
        ('memory_limit = "lots"', "home.bad-setting"),
        ("memory_limit = 4", "home.bad-setting"),
        ("threads = -1", "home.bad-setting"),
        ("threads = true", "home.bad-setting"),
        ('language = "fr"', "home.bad-setting"),
        ("detector = 3", "home.bad-setting"),
    ],
)
def test_a_setting_that_will_not_do_is_refused_with_its_name(home, text, code):
    with pytest.raises(LamplitError) as raised:
        settings_of(home, text)
    assert code_of(raised) == code


def test_a_misspelt_setting_is_guessed(home):
    with pytest.raises(LamplitError) as raised:
        settings_of(home, 'timezon = "UTC"')
    assert "Perhaps timezone" in raised.value.describe("en")


def test_a_write_that_fails_leaves_the_old_file_and_no_litter(tmp_path, monkeypatch):
    target = tmp_path / "f.toml"
    write_atomically(target, "old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomically(target, "new")
    assert target.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["f.toml"]
