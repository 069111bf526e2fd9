"""A tree of folders as a hierarchy: regions, their cities, their districts, and the files in those.

Only the names of regions are known before; everything below is what the refresh of the level above
has found. `plan` looks ahead for the number of tasks alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

LEVELS = {"region": 10, "city": 20, "district": 30, "file": 40}
PARTS_MAX = 20
FILES_MAX = 30


def folders(path: Path) -> list[str]:
    """The folders in one, in the order of their bytes; links are not followed."""
    with os.scandir(path) as entries:
        return sorted(
            (one.name for one in entries if one.is_dir(follow_symlinks=False)), key=os.fsencode)


def files(path: Path) -> list[str]:
    """The first files below a folder, in the order of their bytes; links are not followed."""
    found: list[str] = []
    for folder, _, names in os.walk(path):
        for name in names:
            file = Path(folder, name)
            if file.is_file() and not file.is_symlink():
                found.append(str(file.relative_to(path)))
    return sorted(found, key=os.fsencode)[:FILES_MAX]


def parts(level: str, path: Path) -> list[str]:
    """What is in a region, a city or a district."""
    if level == "district":
        return files(path)
    return folders(path)[:PARTS_MAX]


@dataclass
class Place:
    """One task: what it refreshes is the `number`th part of what its parent found."""

    ref: str
    level: str
    path: Path
    parent: Place | None = None
    number: int = 0
    below: list[Place] = field(default_factory=list)

    def all_below(self) -> Iterator[Place]:
        for place in self.below:
            yield place
            yield from place.all_below()


def plan(root: Path, tasks_max: int) -> list[Place]:
    """The places of as many whole cities as fit into so many tasks, parents in front."""
    places: list[Place] = []
    for at, name in enumerate(folders(root)):
        region = Place(f"{at}", "region", root / name)
        cities = parts("region", region.path)
        for number, city_name in enumerate(cities):
            city = _city(region, number, city_name)
            size = 1 + sum(1 for _ in city.all_below())
            if len(places) + len(region.below) + size > tasks_max:
                continue
            region.below.append(city)
        wanted = [region, *region.all_below()]
        if region.below and len(places) + len(wanted) <= tasks_max:
            places += wanted
    return places


def _city(region: Place, number: int, name: str) -> Place:
    city = Place(f"{region.ref}.{number}", "city", region.path / name, region, number)
    for place, district_name in enumerate(parts("city", city.path)):
        district = Place(
            f"{city.ref}.{place}", "district", city.path / district_name, city, place)
        district.below = [
            Place(f"{district.ref}.{at}", "file", district.path / file, district, at)
            for at, file in enumerate(parts("district", district.path))
        ]
        city.below.append(district)
    return city
