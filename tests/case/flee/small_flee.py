"""A small made-up Flee directory with a file of every kind, to be read and to be damaged."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from homeward.case.flee.model import FleeCase
from homeward.case.flee.reader import read_flee
from homeward.case.flee.rows import Findings
from homeward.errors import InputError, Problem

FILES: Mapping[str, str] = {
    "simsetting.yml": """\
log_levels:
  agent: 0
spawn_rules:
  sum_from_camps: True
  read_from_agents_csv_file: True
  conflict_spawn_decay: [1.0, 0.5]
move_rules:
  max_move_speed: 400.0
  awareness_level: 2
optimisations:
  hasten: 1
""",
    "location_changes.csv": "#location name,new location type,date\nBrook,idpcamp,3\n",
    "input_csv/sim_period.csv": "StartDate,2020-01-01\nLength,5\n",
    "input_csv/locations.csv": """\
#name,region,country,latitude,longitude,location_type,conflict_date,population,farmer_fraction
Alba,North,Homeland,10.0,20.0,conflict_zone,0,5000,0.2
Brook,North,Homeland,10.5,20.5,town,,1000,
Cross,South,Homeland,,,marker,,,
Dale,South,Homeland,11.5,21.5,idpcamp,,300,
Edge,East,Abroad,12.0,22.0,forwarding_hub,,,
Fort,East,Abroad,12.5,22.5,camp,,2000,
""",
    "input_csv/routes.csv": """\
#name1,name2,distance,forced_redirection,surface
Alba,Brook,40,,paved
Brook,Cross,30,0,
Cross,Edge,20.5,,
Brook,Dale,15,,
Edge,Fort,10,2,gravel
""",
    "input_csv/major_routes.csv": "Alba,Brook,Cross,Edge\n",
    "input_csv/closures.csv": """\
#closure_type,name1,name2,closure_start,closure_end
country,Homeland,Abroad,2,4
camp,Fort,,0,1
idpcamp,Dale,,1,-1
link,Brook,Dale,1,2
location,Brook,,3,4
remove_forced_redirection,Edge,Fort,3,0
""",
    "input_csv/conflicts.csv": "#Day,Alba,Brook\n0,1,0\n1,1,0\n2,1,0.5\n3,0,0.5\n4,0,0\n",
    "input_csv/demographics_age.csv": "age,Default,Alba\n10,1,3\n40,2,1\n",
    "input_csv/agents.csv": "location name,age\nAlba,12\nBrook,40\n",
    "input_csv/region_attributes_IPC.csv": "#Day,North,South,East\n0,5.0,10,0\n4,10,20,0\n",
    "input_csv/location_attributes_rain.csv": "#Day,Alba\n0,1.5\n10,0\n",
    "input_csv/flood_level.csv": "#Day,Brook\n0,0\n4,2\n",
    "input_csv/registration_corrections.csv": "Fort,2020-01-03,normalize\nDale,2020-01-04\n",
    "source_data/data_layout.csv": "total,refugees.csv\nFort,fort.csv,fort-outside.csv\nDale,dale.csv\n",
    "source_data/refugees.csv": "2019-12-31,0\n2020-01-03,700\n2020-01-05,900\n",
    "source_data/fort.csv": "2020-01-01,0\n2020-01-03,500\n2020-01-05,600\n",
    "source_data/fort-outside.csv": "2020-01-01,0\n2020-01-05,100\n",
    "source_data/dale.csv": "Date,count\n2020-01-01,0\n#2020-01-02,7\n2020-01-04,200\n2020-01-05,\n",
}


def write_flee(folder: Path, files: Mapping[str, str | bytes] = FILES) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def edit(folder: Path, file: str, old: str, new: str) -> None:
    """Replace the first ``old`` in a file, which must be there."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {file}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def add_settings(folder: Path, section: str, *lines: str) -> None:
    """Add keys to a section of the settings."""
    edit(folder, "simsetting.yml", f"{section}:\n", f"{section}:\n" + "".join(f"  {line}\n" for line in lines))


def problems_of(folder: Path) -> list[Problem]:
    """Return all that is wrong with a directory."""
    try:
        read_flee(folder)
    except InputError as error:
        return error.problems
    return []


def warnings_about(case: FleeCase | Findings, word: str) -> list[str]:
    return [text for text in case.warnings if word in text]
