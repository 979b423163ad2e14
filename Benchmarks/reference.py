#!/usr/bin/python3
"""The job of Fordeler, written in Python with lxml and SQLite: what it is compared with.

    reference.py DB HR.xml [AD.csv] [--today yyyy-mm-dd]

Reads the units and employments of KMD OPUS, and the accounts of an Active Directory where given; says what is wrong
with them; finds out what changed since the last time; and keeps the current objects, their history and one event for
each change. Records whose fields are as they were are read, but nothing is made of them and nothing is written.

Everything is written in one transaction, which is on the disk when the program ends. One JSON line says what was done.
The exit status is 0, or 2 when the exports contradict themselves, and then nothing was written.

Debian packages: python3, python3-lxml.
"""
import argparse
import codecs
import csv
import datetime
import functools
import gc
import hashlib
import hmac
import json
import operator
import secrets
import sqlite3
import sys

from lxml import etree

SCHEMA = """
CREATE TABLE IF NOT EXISTS secret (key BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS inputs (source TEXT PRIMARY KEY, digest BLOB NOT NULL) WITHOUT ROWID;
-- What each record of a source said when it was last looked into, and the objects that it makes (16 bytes each).
CREATE TABLE IF NOT EXISTS claims (
    source TEXT NOT NULL, key TEXT NOT NULL, hash BLOB NOT NULL, line INTEGER NOT NULL, objects BLOB NOT NULL,
    PRIMARY KEY (source, key)) WITHOUT ROWID;
-- Rows are appended; the index of 16 bytes a row stays in memory, which a table in the order of random ids would not.
CREATE TABLE IF NOT EXISTS objects (
    kind TEXT NOT NULL, id BLOB NOT NULL UNIQUE, json TEXT NOT NULL, since INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS history (
    kind TEXT NOT NULL, id BLOB NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL, json TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS history_id ON history (id);
CREATE TABLE IF NOT EXISTS versions (
    version INTEGER PRIMARY KEY, day TEXT NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL,
    removed INTEGER NOT NULL, records INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS outbox (sequence INTEGER PRIMARY KEY, version INTEGER NOT NULL, event TEXT NOT NULL);
"""

UNIT_FIELDS = (
    "startDate", "endDate", "parentOrgUnit", "shortName", "longName", "street", "addressSupplement", "zipCode", "city",
    "phoneNumber", "cvrNr", "eanNr", "seNr", "pNr", "costCenter", "orgType", "orgTypeTxt")
EMPLOYEE_FIELDS = (
    "entryDate", "leaveDate", "cpr", "firstName", "lastName", "workPhone", "workContract", "workContractText",
    "positionId", "position", "jobId", "job", "userId", "email", "productionNumber", "isManager", "superiorLevel",
    "subordinateLevel", "orgUnit", "numerator", "denominator")
ACCOUNT_FIELDS = (
    "ObjectGUID", "SamAccountName", "Name", "Enabled", "EmailAddress", "OfficePhone", "Title", "Department",
    "EmployeeID")
# Texts that OPUS writes where there is no value.
NO_PRODUCTION_UNIT = frozenset(("0000000000", "0"))
NO_EAN = frozenset(("9999999999999", "0"))
NO_PHONE = frozenset(("00000000",))

ENDED = b"ended by a stub"
FOREVER = "9999-12-31"
BATCH = 20_000

to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Contradiction(Exception):
    """The exports cannot be true."""

    def __init__(self, findings):
        super().__init__(f"{len(findings)} findings")
        self.findings = findings


@functools.lru_cache(maxsize=None)
def date(text):
    """A date of the calendar, or None for one that is left open. Raises ValueError for anything else."""
    if not text or text == FOREVER:
        return None
    return datetime.date.fromisoformat(text).isoformat()


@functools.lru_cache(maxsize=None)
def ratio(numerator, denominator):
    try:
        return round(float(numerator) / float(denominator), 4)
    except (ValueError, ZeroDivisionError):
        return None


def digest(values):
    return hashlib.blake2b("\x1f".join(values).encode(), digest_size=16).digest()


def uuid_text(identifier):
    digits = identifier.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def ids(joined):
    return [joined[start:start + 16] for start in range(0, len(joined), 16)]


def file_digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


class Register:
    """The database, the version being made, and the changes on their way into it."""

    def __init__(self, path):
        self.database = sqlite3.connect(path, isolation_level=None, cached_statements=256)
        for pragma in (
                "page_size = 16384", "journal_mode = WAL", "synchronous = FULL", "cache_size = -65536",
                "temp_store = MEMORY"):
            self.database.execute(f"PRAGMA {pragma}")
        self.database.executescript(SCHEMA)
        self.database.execute("BEGIN IMMEDIATE")
        self.version = (self.value("SELECT max(version) FROM versions") or 0) + 1
        self.is_new = self.version == 1
        self.key = self.value("SELECT key FROM secret")
        if self.key is None:
            self.key = secrets.token_bytes(32)
            self.database.execute("INSERT INTO secret VALUES (?)", (self.key,))
        self.created = self.updated = self.removed = 0
        self.waiting, self.claims = {}, []
        self.people = {}

    def value(self, statement, parameters=()):
        row = self.database.execute(statement, parameters).fetchone()
        return row[0] if row else None

    def identifier(self, kind, key):
        """The UUID of the object that a key names, of version 8; nobody else can compute it from a CPR number."""
        made = bytearray(hmac.digest(self.key, f"{kind}:{key}".encode(), "sha256")[:16])
        made[6] = made[6] & 0x0F | 0x80
        made[8] = made[8] & 0x3F | 0x80
        return bytes(made)

    def person(self, cpr):
        """The UUID of a person, which is asked for several times."""
        found = self.people.get(cpr)
        if found is None:
            found = self.people[cpr] = self.identifier("person", cpr)
        return found

    # Reading

    def hashes(self, source):
        return dict(self.database.execute("SELECT key, hash FROM claims WHERE source = ?", (source,)))

    def claimed(self, source, key):
        """The ids of the objects that a record made the last time."""
        return ids(self.value("SELECT objects FROM claims WHERE source = ? AND key = ?", (source, key)) or b"")

    def load(self, identifier):
        """Kind and attributes of a current object."""
        row = self.database.execute("SELECT kind, json FROM objects WHERE id = ?", (identifier,)).fetchone()
        return (row[0], json.loads(row[1])) if row else (None, {})

    # Writing

    def put(self, kind, identifier, attributes):
        """Lets an object look so; absent and empty attributes are left out."""
        text = to_json({name: value for name, value in attributes.items() if value is not None and value != ""})
        self.waiting[identifier] = (kind, text)
        if len(self.waiting) >= BATCH:
            self.write_objects()

    def claim(self, source, key, fingerprint, line, objects):
        self.claims.append((source, key, fingerprint, line, objects))
        if len(self.claims) >= BATCH:
            self.write_claims()

    def write_claims(self):
        self.database.executemany("INSERT OR REPLACE INTO claims VALUES (?, ?, ?, ?, ?)", self.claims)
        self.claims = []

    def forget(self, source, keys):
        self.database.executemany("DELETE FROM claims WHERE source = ? AND key = ?", [(source, key) for key in keys])

    def write_objects(self):
        """Compares what waits with what is there, and writes what differs."""
        before = {} if self.is_new else self.current(self.waiting)
        created, updated, replaced, events = [], [], [], []
        for identifier, (kind, text) in self.waiting.items():
            old = before.get(identifier)
            if old is None:
                created.append((kind, identifier, text, self.version))
                events.append(self.event("created", kind, identifier, "null", text))
            elif old[1] != text:
                replaced.append((kind, identifier, old[2], self.version, old[1]))
                updated.append((text, self.version, identifier))
                events.append(self.event("updated", kind, identifier, old[1], text))
        self.waiting = {}
        self.created += len(created)
        self.updated += len(updated)
        self.database.executemany("INSERT INTO objects VALUES (?, ?, ?, ?)", created)
        self.database.executemany("INSERT INTO history VALUES (?, ?, ?, ?, ?)", replaced)
        self.database.executemany("UPDATE objects SET json = ?, since = ? WHERE id = ?", updated)
        self.write_events(events)

    def remove(self, identifiers):
        before = self.current(identifiers)
        self.removed += len(before)
        self.database.executemany(
            "INSERT INTO history VALUES (?, ?, ?, ?, ?)",
            [(kind, identifier, since, self.version, text) for identifier, (kind, text, since) in before.items()])
        self.database.executemany("DELETE FROM objects WHERE id = ?", [(identifier,) for identifier in before])
        self.write_events([
            self.event("removed", kind, identifier, text, "null") for identifier, (kind, text, _) in before.items()])

    def current(self, identifiers):
        """Kind, JSON and first version of those objects that are there, by id."""
        found, wanted = {}, list(identifiers)
        for start in range(0, len(wanted), 500):
            part = wanted[start:start + 500]
            marks = ",".join("?" * len(part))
            rows = self.database.execute(f"SELECT id, kind, json, since FROM objects WHERE id IN ({marks})", part)
            found.update((row[0], row[1:]) for row in rows)
        return found

    def event(self, what, kind, identifier, before, after):
        subject = uuid_text(identifier)
        return (
            self.version,
            f'{{"specversion":"1.0","id":"{self.version}-{subject}","source":"/reference",'
            f'"type":"reference.{kind}.{what}.v1","subject":"{kind}/{subject}",'
            f'"data":{{"before":{before},"after":{after}}}}}')

    def write_events(self, events):
        self.database.executemany("INSERT INTO outbox (version, event) VALUES (?, ?)", events)

    def publish(self, today, records):
        """Ends the transaction. Without a change there is no new version."""
        self.write_objects()
        self.write_claims()
        if self.created or self.updated or self.removed:
            self.database.execute(
                "INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?)",
                (self.version, today, self.created, self.updated, self.removed, records))
        else:
            self.version -= 1
        self.database.execute("COMMIT")
        self.database.close()


class Directory:
    """The accounts of the Active Directory, by the employment that they name."""

    def __init__(self, register):
        self.register = register
        self.records = 0
        # Employment -> id of the user object, e-mail, phone, whether the account changed.
        self.by_employment = {}
        # Accounts to be written, once it is known whose they are.
        self.changed = []
        # Employments that an account named the last time and may not name now.
        self.left = set()
        self.gone = set()

    def recall(self):
        """The accounts as they were, for a day without an export of them."""
        rows = self.register.database.execute(
            "SELECT objects.id, json FROM claims JOIN objects ON objects.id = claims.objects WHERE source = 'ad'")
        for identifier, text in rows:
            account = json.loads(text)
            self.by_employment[account.get("employeeNumber", "")] = (
                identifier, account.get("email", ""), account.get("phone", ""), False)

    @staticmethod
    def encoding(path):
        decoder = codecs.getincrementaldecoder("utf-8")()
        with open(path, "rb") as file:
            if file.read(3) == codecs.BOM_UTF8:
                return "utf-8-sig"
            file.seek(0)
            try:
                while chunk := file.read(1 << 20):
                    decoder.decode(chunk)
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                return "cp1252"
        return "utf-8"

    def read(self, path):
        previous = self.register.hashes("ad")
        seen = set()
        with open(path, newline="", encoding=self.encoding(path)) as file:
            first = file.tell()
            header = file.readline()
            if header.startswith("#TYPE"):
                first = file.tell()
                header = file.readline()
            file.seek(first)
            rows = csv.reader(file, delimiter=";" if header.count(";") > header.count(",") else ",", strict=True)
            columns = [name.removeprefix("\ufeff").strip('"') for name in next(rows, [])]
            missing = [name for name in ACCOUNT_FIELDS if name not in columns]
            if missing:
                raise Contradiction([f"ad: no column {name}" for name in missing])
            pick = operator.itemgetter(*map(columns.index, ACCOUNT_FIELDS))
            for row in rows:
                if len(row) != len(columns):
                    raise Contradiction([f"ad:{rows.line_num}: {len(row)} values instead of {len(columns)}"])
                self.take(pick(row), rows.line_num, previous, seen)
        self.records = len(seen)
        vanished = previous.keys() - seen
        for guid in vanished:
            for identifier in self.register.claimed("ad", guid):
                self.left.add(self.register.load(identifier)[1].get("employeeNumber"))
                self.gone.add(identifier)
        self.register.forget("ad", vanished)

    def take(self, fields, line, previous, seen):
        guid, employment = fields[0], fields[8]
        if guid in seen:
            raise Contradiction([f"ad:{line}: account {guid} stands twice"])
        seen.add(guid)
        fingerprint, identifier = digest(fields), self.register.identifier("user", "ad:" + guid)
        before = previous.get(guid)
        is_changed = before != fingerprint
        if is_changed:
            self.changed.append((identifier, fields))
            self.register.claim("ad", guid, fingerprint, line, identifier)
            if before is not None:
                self.left.add(self.register.load(identifier)[1].get("employeeNumber"))
        if employment:
            self.by_employment.setdefault(employment, (identifier, fields[4], fields[5], is_changed))

    def write(self, people, moved):
        """Writes the accounts that changed, and those whose employment came, went or changed hands.

        - people: CPR number of each employment that an account names.
        - moved: employments whose records changed or vanished.
        """
        for identifier, (guid, name, display, enabled, email, phone, title, department, employment) in self.changed:
            cpr = people.get(employment)
            self.register.put("user", identifier, {
                "accountName": name, "objectGUID": guid, "displayName": display, "enabled": enabled == "True",
                "email": email, "phone": phone, "title": title, "department": department,
                "employeeNumber": employment, "person": uuid_text(self.register.person(cpr)) if cpr else None})
        for employment in moved:
            identifier, _, _, is_changed = self.by_employment.get(employment, (None, None, None, True))
            if not is_changed:
                account = self.register.load(identifier)[1]
                cpr = people.get(employment)
                account["person"] = uuid_text(self.register.person(cpr)) if cpr else None
                self.register.put("user", identifier, account)


class Payroll:
    """The units and employments of OPUS."""

    def __init__(self, register, directory, today):
        self.register, self.directory, self.today = register, directory, today
        self.previous = register.hashes("hr")
        self.seen, self.findings, self.withheld, self.removed_keys = set(), [], [], []
        self.parents = {}
        self.unknown_units = []
        # CPR number -> (last day, first day, given name, surname, protected, account, e-mail) of each employment.
        self.people = {}
        self.affected, self.gone, self.moved = set(), set(), set()
        self.person_of_employment = {}
        self.units = {}
        self.strings = {}

    def read(self, path):
        context = etree.iterparse(
            path, events=("end",), tag=("orgUnit", "employee"), remove_blank_text=True, remove_comments=True,
            remove_pis=True, no_network=True)
        for _, element in context:
            # An employment has a child orgUnit as well.
            if element.getparent().getparent() is not None:
                continue
            if element.tag == "orgUnit":
                self.take_unit(element)
            else:
                self.take_employee(element)
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
        if context.root is None or context.root.tag != "kmd":
            raise Contradiction(["hr: the root element is not kmd"])
        self.check_hierarchy()
        if self.findings:
            raise Contradiction(self.findings)
        self.let_go()
        self.write_people()

    # Units

    def unit_id(self, key):
        found = self.units.get(key)
        if found is None:
            found = self.register.identifier("unit", key)
            self.units[key] = found
        return found

    def take_unit(self, element):
        key = element.get("id", "")
        line = element.sourceline
        fields = {child.tag: child.text for child in element}
        parent = fields.get("parentOrgUnit") or ""
        if key in self.parents:
            self.findings.append(f"hr:{line}: unit {key} stands twice")
            return
        self.parents[key] = (parent, line)
        claim_key = "unit:" + key
        self.seen.add(claim_key)
        fingerprint = digest([fields.get(name) or "" for name in UNIT_FIELDS])
        if self.previous.get(claim_key) == fingerprint:
            return
        try:
            begins, ends = date(fields.get("startDate")), date(fields.get("endDate"))
        except ValueError:
            self.withheld.append(f"hr:{line}: unit {key} has an impossible date")
            return
        town = " ".join(filter(None, (fields.get("zipCode"), fields.get("city"))))
        identifier = self.unit_id(key)
        self.register.put("unit", identifier, {
            "name": fields.get("longName"),
            "parent": uuid_text(self.unit_id(parent)) if parent else None,
            "losId": key,
            "shortName": fields.get("shortName"),
            "unitTypeCode": fields.get("orgType"),
            "unitType": fields.get("orgTypeTxt"),
            "address": ", ".join(filter(None, (fields.get("street"), fields.get("addressSupplement"), town))),
            "phone": self.unless(NO_PHONE, fields.get("phoneNumber")),
            "cvr": fields.get("cvrNr"),
            "ean": self.unless(NO_EAN, fields.get("eanNr")),
            "seNumber": fields.get("seNr"),
            "pNumber": self.unless(NO_PRODUCTION_UNIT, fields.get("pNr")),
            "costCentre": fields.get("costCenter"),
            "from": None if begins == "1900-01-01" else begins,
            "to": ends})
        self.register.claim("hr", claim_key, fingerprint, line, identifier)

    @staticmethod
    def unless(placeholders, value):
        return None if value in placeholders else value

    def check_hierarchy(self):
        """One root, known parents, no cycles, and every employment in a known unit."""
        roots = [key for key, (parent, _) in self.parents.items() if not parent]
        if len(roots) != 1:
            self.findings.append(f"hr: {len(roots)} units have no parent, but one should")
        for key, (parent, line) in self.parents.items():
            if parent and parent not in self.parents:
                self.findings.append(f"hr:{line}: the parent {parent} of unit {key} is not there")
        done = set()
        for key in self.parents:
            way = {}
            while key in self.parents and key not in done and key not in way:
                way[key] = None
                key = self.parents[key][0]
            if key in way:
                cycle = list(way)[list(way).index(key):]
                self.findings.append(f"hr:{self.parents[key][1]}: units beneath each other: {', '.join(cycle)}")
            done.update(way)
        for key, unit, line in self.unknown_units:
            if unit not in self.parents:
                self.findings.append(f"hr:{line}: the unit {unit} of employment {key} is not there")

    # Employments

    def take_employee(self, element):
        key = element.get("id", "")
        if key in self.seen:
            self.findings.append(f"hr:{element.sourceline}: employment {key} stands twice")
            return
        self.seen.add(key)
        if element.get("action") == "leave":
            if key in self.previous:
                self.keep(key, element.sourceline, is_stub=True)
            return
        fields = {child.tag: child.text for child in element}
        address = element.find("address")
        protected = address.get("protected") if address is not None else None
        try:
            begins, ends = date(fields.get("entryDate")), date(fields.get("leaveDate"))
            if begins is None or (ends is not None and ends < begins):
                raise ValueError
        except ValueError:
            self.withheld.append(f"hr:{element.sourceline}: employment {key} has no period")
            if key in self.previous:
                self.keep(key, element.sourceline)
            return
        unit, cpr, account = fields.get("orgUnit") or "", fields.get("cpr") or "", fields.get("userId")
        if unit not in self.parents:
            self.unknown_units.append((key, unit, element.sourceline))
        fingerprint = digest([fields.get(name) or "" for name in EMPLOYEE_FIELDS] + [protected or ""])
        is_changed = self.previous.get(key) != fingerprint
        share = self.strings.setdefault
        given, surname = fields.get("firstName"), fields.get("lastName")
        self.people.setdefault(cpr, []).append((
            share(ends, ends) or FOREVER, share(begins, begins), share(given, given), share(surname, surname),
            protected == "true", account, fields.get("email")))
        in_directory = self.directory.by_employment.get(key)
        if in_directory:
            self.person_of_employment[key] = cpr
        if is_changed or (in_directory and in_directory[3]) or key in self.directory.left:
            engagement = self.register.identifier("engagement", key)
            leads = fields.get("isManager") == "true"
            function = self.register.identifier("function", "manager:" + key) if leads else None
            self.write_employment(key, fields, (begins, ends), engagement, function, in_directory)
            if is_changed:
                self.affected.add(cpr)
                self.moved.add(key)
                self.claim(key, fields, fingerprint, element.sourceline, engagement, function)

    def claim(self, key, fields, fingerprint, line, engagement, function):
        made = [engagement, self.register.person(fields.get("cpr") or "")]
        if fields.get("userId"):
            made.append(self.register.identifier("user", fields["userId"]))
        if function:
            made.append(function)
        if key in self.previous:
            self.gone.update(set(self.register.claimed("hr", key)).difference(made))
        self.register.claim("hr", key, fingerprint, line, b"".join(made))

    def write_employment(self, key, fields, period, engagement, function, in_directory):
        """The engagement and, for who leads the unit, the function. The directory knows e-mail and phone better."""
        _, email, phone, _ = in_directory or (None, None, None, None)
        begins, ends = period
        unit = uuid_text(self.unit_id(fields.get("orgUnit") or ""))
        self.register.put("engagement", engagement, {
            "title": fields.get("position"),
            "unit": unit,
            "person": uuid_text(self.register.person(fields.get("cpr") or "")),
            "employeeNumber": key,
            "positionId": fields.get("positionId"),
            "jobId": fields.get("jobId"),
            "job": fields.get("job"),
            "contractCode": fields.get("workContract"),
            "contract": fields.get("workContractText"),
            "fraction": ratio(fields.get("numerator") or "", fields.get("denominator") or ""),
            "phone": phone or self.unless(NO_PHONE, fields.get("workPhone")),
            "email": email or fields.get("email"),
            "pNumber": self.unless(NO_PRODUCTION_UNIT, fields.get("productionNumber")),
            "from": begins,
            "to": ends})
        if function:
            self.register.put("function", function, {
                "functionType": "manager",
                "unit": unit,
                "engagement": uuid_text(engagement),
                "level": ".".join(filter(None, (fields.get("superiorLevel"), fields.get("subordinateLevel")))),
                "from": begins,
                "to": ends})

    def keep(self, key, line, is_stub=False):
        """Leaves the objects of a record as they were; those of a stub end today."""
        claimed = self.register.claimed("hr", key)
        loaded = [(identifier, *self.register.load(identifier)) for identifier in claimed]
        known = {kind: attributes for _, kind, attributes in loaded}
        engagement, person, user = known.get("engagement", {}), known.get("person", {}), known.get("user", {})
        begins, ends = engagement.get("from", ""), engagement.get("to")
        cpr = person.get("cpr", "")
        if is_stub and self.previous[key] != ENDED:
            if ends is None or ends > self.today:
                ends = max(begins, self.today)
                for identifier, kind, attributes in loaded:
                    if kind in ("engagement", "function"):
                        self.register.put(kind, identifier, {**attributes, "to": ends})
                self.affected.add(cpr)
            self.register.claim("hr", key, ENDED, line, b"".join(claimed))
        self.people.setdefault(cpr, []).append((
            ends or FOREVER, begins, person.get("givenName"), person.get("surname"),
            person.get("addressProtected", False), user.get("accountName"), user.get("email")))
        if key in self.directory.by_employment:
            self.person_of_employment[key] = cpr

    def let_go(self):
        """Removes what the file names no more; an employment that has ended stays as it ended."""
        vanished = []
        for key in self.previous.keys() - self.seen:
            claimed = self.register.claimed("hr", key)
            loaded = [self.register.load(identifier) for identifier in claimed]
            if any(kind == "engagement" and attributes.get("to", FOREVER) <= self.today for kind, attributes in loaded):
                self.keep(key, 0)
                continue
            vanished.append(key)
            self.moved.add(key)
            self.gone.update(claimed)
        self.register.forget("hr", vanished)
        # Somebody else's record may name the same person.
        for identifier in self.gone:
            kind, attributes = self.register.load(identifier)
            if kind == "person":
                self.affected.add(attributes.get("cpr"))

    def write_people(self):
        """One person and the accounts for all employments together; the one that lasts longest names the person."""
        for cpr in self.affected:
            employments = self.people.get(cpr)
            if not employments:
                continue
            identifier = self.register.person(cpr)
            self.gone.discard(identifier)
            longest = max(employments, key=operator.itemgetter(0, 1))
            ends = longest[0]
            self.register.put("person", identifier, {
                "givenName": longest[2],
                "surname": longest[3],
                "cpr": cpr,
                "addressProtected": longest[4] or None,
                "from": min(employment[1] for employment in employments),
                "to": None if ends == FOREVER else ends})
            person = uuid_text(identifier)
            for account in {employment[5] for employment in employments if employment[5]}:
                own = [employment for employment in employments if employment[5] == account]
                longest = max(own, key=operator.itemgetter(0, 1))
                identifier = self.register.identifier("user", account)
                self.gone.discard(identifier)
                self.register.put("user", identifier, {
                    "accountName": account,
                    "person": person,
                    "email": longest[6],
                    "from": min(employment[1] for employment in own),
                    "to": None if longest[0] == FOREVER else longest[0]})


def run(register, paths, today):
    """Takes the exports into the register, and says how many records they hold."""
    digests = {source: file_digest(path) for source, path in paths.items()}
    known = dict(register.database.execute("SELECT source, digest FROM inputs"))
    if all(known.get(source) == value for source, value in digests.items()):
        return 0, []
    register.database.executemany("INSERT OR REPLACE INTO inputs VALUES (?, ?)", digests.items())
    directory = Directory(register)
    if "ad" in paths:
        directory.read(paths["ad"])
    else:
        directory.recall()
    payroll = Payroll(register, directory, today)
    payroll.read(paths["hr"])
    directory.write(payroll.person_of_employment, payroll.moved)
    register.write_objects()
    register.remove(payroll.gone | directory.gone)
    return len(payroll.seen) + directory.records, payroll.withheld


def main():
    parser = argparse.ArgumentParser(description="A comparison for Fordeler.")
    parser.add_argument("database", metavar="DB")
    parser.add_argument("hr", metavar="HR.xml")
    parser.add_argument("ad", metavar="AD.csv", nargs="?")
    parser.add_argument("--today", default=datetime.date.today().isoformat(), help="yyyy-mm-dd")
    chosen = parser.parse_args()
    # Nothing here refers to itself, so there is nothing for it to find.
    gc.disable()
    paths = {"hr": chosen.hr} | ({"ad": chosen.ad} if chosen.ad else {})
    register = Register(chosen.database)
    try:
        records, withheld = run(register, paths, chosen.today)
    except (Contradiction, etree.XMLSyntaxError, csv.Error) as error:
        register.database.execute("ROLLBACK")
        findings = getattr(error, "findings", [str(error)])
        print(to_json({"version": register.version - 1, "refused": len(findings), "findings": findings[:20]}))
        return 2
    register.publish(chosen.today, records)
    told = {
        "version": register.version, "created": register.created, "updated": register.updated,
        "removed": register.removed, "records": records}
    print(to_json(told | ({"withheld": len(withheld)} if withheld else {})))
    return 0


if __name__ == "__main__":
    sys.exit(main())
