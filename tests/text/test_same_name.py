"""Names that readers take for another name, and names that they do not."""

import pytest

from comment_service.text.same_name import imitates, is_role


@pytest.mark.parametrize(
    "name",
    [
        "Mod", "mod", "M0d", "Ｍｏｄ", "Моd", "Mod ", "M\u200bod", "Mod.", "MOD", "M.o.d", "M o d",
        "м0d", "ΜΟD", "ⓜⓞⓓ", "𝓜𝓸𝓭", "Mód", "✓ Mod", "Mod ☑️", "Mod ✅", "Mod (admin)", "[Mod]",
        "Mod Jr.", "Mod, official", "~Mod~", "Official Mod", "Mod™", "Mod\ufe0f", "\u202eMod",
        "Mo\u3164d", "Mo\u2800d", "Mod\U000e0041", "ᴍᴏᴅ", "🅼🅾🅳", "Mod - Moderator", "Mo\u0336d",
    ],
)  # fmt: skip
def test_disguises_of_a_short_name(name: str) -> None:
    assert imitates(name, "Mod")


@pytest.mark.parametrize(
    "name",
    ["Olga Owner", "olga owner", "0lga 0wner", "Оlgа Оwnеr", "OlgaOwner", "Olga_Owner",
     "Olga-Owner", "olga.owner", "O l g a  O w n e r", "Olga Owner (admin)", "OlgaOwnerAdmin",
     "Olga Owner, Jr", "The real Olga Owner", "OIga Owner", "O1ga Owner", "01ga 0wner",
     "Ólga Owner", "Olga Ovvner", "☕ Olga Owner ☕", "Olga Owner | official",
     "@Olga Owner", "Olg@ Owner"],
)  # fmt: skip
def test_disguises_of_a_full_name(name: str) -> None:
    assert imitates(name, "Olga Owner")


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Olga", "Olga Owner"),
        ("Owner Olga Smith", "Olga Owner"),
        ("Olga Owen", "Olga Owner"),
        ("Modesta", "Mod"),
        ("Molly", "Mod"),
        ("Annop", "Ann"),
        ("Dr Who", "Who Dr"),
        ("Anna", "Ann"),
        ("Иван", "Ivan"),
        ("राम", "रमा"),
        ("山田", "山本"),
        ("", "Mod"),
        ("☕", "Mod"),
        ("Mod", "☕"),
    ],
)
def test_other_names(name: str, other: str) -> None:
    assert not imitates(name, other)


@pytest.mark.parametrize(
    "name", ["Ольга", "山田 太郎", "محمد", "राम", "☕", "Ann-Marie", "김철수", "7"]
)
def test_a_name_in_any_script_is_the_same_as_itself(name: str) -> None:
    assert imitates(f" {name}", name)
    assert not imitates(f"{name} x", name)


@pytest.mark.parametrize(
    "name",
    ["Admin", "ADMIN", "Owner", "Moderator", "Administrator", "Webmaster", "Adm1n", "аdmin",
     "@dmin", "Adm!n", "Admin.", "(Admin)", "Site Owner", "The Moderator", "Siteadmin", "Mod Team",
     "Админ", "Modérateur", "管理员", "𝓐𝓭𝓶𝓲𝓷", "A d m i n", "Admin ✓", "Official admin", "Staff"],
)  # fmt: skip
def test_roles(name: str) -> None:
    assert is_role(name)


@pytest.mark.parametrize(
    "name", ["Dog owner", "Ada", "Team", "Site", "Modesta", "Adminka Ivanova", "Mr Owens", "", "1"]
)
def test_names_that_are_no_role(name: str) -> None:
    assert not is_role(name)
