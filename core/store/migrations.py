"""The history of the database, as small numbered functions that are never edited: a change is a new one at the end."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

from core.store.natural_order import name_key

migrations = Migrations("recollect")


def _execute_all(db: Database, script: str) -> None:
    """Run statements one by one: sqlite3's own `executescript` would commit the migration's transaction first."""
    for statement in script.split(";\n"):
        if statement.strip():
            db.conn.execute(statement)


@migrations()
def m001_library(db: Database) -> None:
    """Folders, photos, vectors by encoder, failures, albums, and what the program remembers."""
    _execute_all(
        db,
        """
        CREATE TABLE folders (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            path TEXT NOT NULL UNIQUE,
            online INTEGER NOT NULL DEFAULT 1,
            polled INTEGER NOT NULL DEFAULT 0,
            added_at TEXT NOT NULL,           -- ISO 8601, UTC
            scanned_at TEXT,                  -- ISO 8601, UTC; NULL: a scan was requested; '': it is under way
            removed_at TEXT                   -- ISO 8601, UTC; its photos are kept as gone for a while
        );
        CREATE TABLE photos (
            id INTEGER PRIMARY KEY AUTOINCREMENT,   -- never used twice: an HNSW label outlives its row for a moment
            folder_id INTEGER NOT NULL REFERENCES folders(id) ON DELETE CASCADE,
            path TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL,               -- the file's name with its suffix
            status TEXT NOT NULL CHECK (status IN ('queued', 'ready', 'failed', 'gone')),
            size_bytes INTEGER NOT NULL,
            mtime_ns INTEGER NOT NULL,
            content_hash TEXT,                -- XXH3-128 of the whole file, hexadecimal
            format TEXT, width INTEGER, height INTEGER,   -- after EXIF orientation
            taken_at TEXT,                    -- ISO 8601, local time where it was taken, no zone
            taken_offset_min INTEGER,         -- minutes east of UTC
            dated_at TEXT NOT NULL,           -- taken_at, else the file's modification time: what `date:` looks at
            camera TEXT, lens TEXT,
            latitude REAL, longitude REAL, altitude_m REAL,
            favorite INTEGER NOT NULL DEFAULT 0,
            hidden INTEGER NOT NULL DEFAULT 0,
            added_at TEXT NOT NULL,           -- ISO 8601, UTC
            indexed_at TEXT, gone_at TEXT     -- ISO 8601, UTC
        );
        CREATE INDEX photos_by_folder ON photos(folder_id, status);
        CREATE INDEX photos_by_hash ON photos(content_hash);
        CREATE INDEX photos_by_status ON photos(status, mtime_ns);
        CREATE INDEX photos_by_date ON photos(dated_at);
        CREATE INDEX photos_by_camera ON photos(camera);
        CREATE INDEX photos_by_lens ON photos(lens);
        CREATE INDEX photos_by_directory ON photos(substr(path, 1, length(path) - length(name)));
        CREATE TABLE encoders (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            key TEXT NOT NULL UNIQUE,         -- model + weights hash + preprocessing
            name TEXT NOT NULL,
            dim INTEGER NOT NULL,
            sequence INTEGER NOT NULL DEFAULT 0   -- raised by every change of its vectors
        );
        CREATE TABLE vectors (
            encoder_id INTEGER NOT NULL REFERENCES encoders(id) ON DELETE CASCADE,
            photo_id INTEGER NOT NULL REFERENCES photos(id) ON DELETE CASCADE,
            vector BLOB NOT NULL,             -- (dim,) little-endian float16, unit length
            sequence INTEGER NOT NULL,        -- the encoder's sequence when it was written
            PRIMARY KEY (encoder_id, photo_id)
        ) WITHOUT ROWID;
        CREATE INDEX vectors_by_sequence ON vectors(encoder_id, sequence);
        CREATE INDEX vectors_by_photo ON vectors(photo_id);
        CREATE TABLE failures (
            photo_id INTEGER PRIMARY KEY REFERENCES photos(id) ON DELETE CASCADE,
            reason TEXT NOT NULL,             -- one sentence for the user
            failed_at TEXT NOT NULL           -- ISO 8601, UTC
        );
        CREATE TABLE in_flight (
            photo_id INTEGER PRIMARY KEY REFERENCES photos(id) ON DELETE CASCADE,
            attempts INTEGER NOT NULL DEFAULT 1   -- how often the program ended while it read this file
        );
        CREATE TABLE albums (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL UNIQUE,
            query TEXT,                       -- a saved query makes it a smart album; NULL: photos put in by hand
            created_at TEXT NOT NULL
        );
        CREATE TABLE album_photos (
            album_id INTEGER NOT NULL REFERENCES albums(id) ON DELETE CASCADE,
            photo_id INTEGER NOT NULL REFERENCES photos(id) ON DELETE CASCADE,
            added_at TEXT NOT NULL,
            PRIMARY KEY (album_id, photo_id)
        ) WITHOUT ROWID;
        CREATE TABLE remembered (
            key TEXT PRIMARY KEY,
            value TEXT NOT NULL               -- JSON
        ) WITHOUT ROWID;
        """,
    )


@migrations()
def m002_order_of_albums(db: Database) -> None:
    """Photos of an album have a position that rises in the order in which they were put in, and the albums of a photo
    are found without looking through all of them.
    """
    _execute_all(
        db,
        """
        ALTER TABLE album_photos ADD COLUMN position INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX album_photos_by_photo ON album_photos(photo_id);
        """,
    )


@migrations()
def m003_natural_order_of_names(db: Database) -> None:
    """Each photo's row holds the text by which its name is sorted."""
    db.conn.execute("ALTER TABLE photos ADD COLUMN name_key TEXT NOT NULL DEFAULT ''")
    names = db.conn.execute("SELECT id, name FROM photos").fetchall()
    db.conn.executemany("UPDATE photos SET name_key = ? WHERE id = ?", ((name_key(name), id_) for id_, name in names))


@migrations()
def m004_tags(db: Database) -> None:
    """The user's labels, taggers and what they predict. `tags` is what holds: labels win over live predictions."""
    _execute_all(
        db,
        """
        CREATE TABLE attributes (             -- what photos can be labelled with; "class" is one of them
            name TEXT PRIMARY KEY,
            position INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE attribute_values (
            attribute TEXT NOT NULL REFERENCES attributes(name) ON DELETE CASCADE ON UPDATE CASCADE,
            value TEXT NOT NULL,
            position INTEGER NOT NULL,
            key TEXT UNIQUE,                  -- pressing it gives this value to the selected photos
            PRIMARY KEY (attribute, value)
        ) WITHOUT ROWID;
        CREATE TABLE labels (                 -- the user's
            photo_id INTEGER NOT NULL REFERENCES photos(id) ON DELETE CASCADE,
            head TEXT NOT NULL,
            value TEXT NOT NULL,
            labelled_at TEXT NOT NULL,        -- ISO 8601, UTC
            PRIMARY KEY (photo_id, head)
        ) WITHOUT ROWID;
        CREATE INDEX labels_by_value ON labels(head, value);
        CREATE TABLE label_origins (          -- what a file of labels said beside them
            photo_id INTEGER PRIMARY KEY REFERENCES photos(id) ON DELETE CASCADE,
            split TEXT CHECK (split IN ('train', 'validation', 'test')),
            instance TEXT,                    -- photos of one thing have the same
            caption TEXT
        );
        CREATE TABLE taggers (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            key TEXT NOT NULL UNIQUE,         -- network + weights hash + preprocessing, or encoder + vocabulary hash
            name TEXT NOT NULL,
            source TEXT NOT NULL CHECK (source IN ('model', 'zero-shot')),
            directory TEXT,                   -- of its checkpoint, in the library's taggers; NULL for zero-shot
            encoder_key TEXT,                 -- of the encoder whose vectors it reads; NULL: it looks at pixels alone
            heads TEXT NOT NULL,              -- JSON: head -> labels
            metrics TEXT NOT NULL DEFAULT '{}',   -- JSON: name -> number
            run TEXT,
            live INTEGER NOT NULL DEFAULT 0,  -- at most one trained tagger, and zero-shot for the heads that it lacks
            target INTEGER NOT NULL DEFAULT 0,    -- 1: live as soon as it has looked at every photo; 2: but cannot now
            sequence INTEGER NOT NULL DEFAULT 0,  -- raised by every change of its predictions
            created_at TEXT NOT NULL,         -- ISO 8601, UTC
            live_since TEXT                   -- ISO 8601, UTC; NULL: it never was
        );
        CREATE TABLE predictions (
            tagger_id INTEGER NOT NULL REFERENCES taggers(id) ON DELETE CASCADE,
            photo_id INTEGER NOT NULL REFERENCES photos(id) ON DELETE CASCADE,
            head TEXT NOT NULL,
            label TEXT NOT NULL,
            probability REAL NOT NULL,        -- calibrated
            top TEXT NOT NULL,                -- JSON: [[label, probability], ...], best first
            sure INTEGER NOT NULL,            -- the probability reaches the head's threshold
            PRIMARY KEY (tagger_id, photo_id, head)
        ) WITHOUT ROWID;
        CREATE INDEX predictions_by_label ON predictions(tagger_id, head, label, sure, probability);
        CREATE INDEX predictions_by_probability ON predictions(tagger_id, head, probability);
        CREATE INDEX predictions_by_photo ON predictions(photo_id);
        CREATE TABLE answering (              -- which live tagger answers for a head: kept by the triggers
            head TEXT PRIMARY KEY,
            tagger_id INTEGER NOT NULL,
            source TEXT NOT NULL
        ) WITHOUT ROWID;
        CREATE VIEW tags AS
            SELECT l.photo_id, l.head, l.value, NULL AS probability, 'user' AS source, 1 AS sure FROM labels l
            UNION ALL
            SELECT p.photo_id, p.head, p.label, p.probability, a.source, p.sure
            FROM answering a JOIN predictions p ON p.tagger_id = a.tagger_id AND p.head = a.head
            WHERE NOT EXISTS (SELECT 1 FROM labels l WHERE l.photo_id = p.photo_id AND l.head = p.head);
        """,
    )
    _add_first_attributes(db)
    for number, deed in enumerate(("INSERT", "DELETE", "UPDATE OF live, heads")):
        db.conn.execute(
            f"""
            CREATE TRIGGER answering_{number} AFTER {deed} ON taggers BEGIN
                DELETE FROM answering;
                INSERT OR REPLACE INTO answering (head, tagger_id, source)
                    SELECT h.key, t.id, t.source FROM taggers t, json_each(t.heads) h
                    WHERE t.live = 1 ORDER BY t.source = 'model';
            END
            """
        )


_FIRST_ATTRIBUTES = {
    "class": (),
    "color": (
        *("black", "white", "gray", "silver", "gold", "brown", "beige", "red", "orange", "yellow", "green", "blue"),
        *("purple", "pink", "multicolor", "transparent"),
    ),
    "material": (
        *("metal", "plastic", "glass", "wood", "fabric", "cotton", "leather", "rubber", "ceramic", "stone", "paper"),
        "synthetic",
    ),
    "condition": ("new", "mint", "used", "worn", "damaged"),
}
"""What photos can be labelled with from the start; no classes, for those are the user's own."""


def _add_first_attributes(db: Database) -> None:
    """Part of `m004_tags`."""
    for position, (attribute, values) in enumerate(_FIRST_ATTRIBUTES.items(), start=1):
        db.conn.execute("INSERT INTO attributes (name, position) VALUES (?, ?)", (attribute, position))
        db.conn.executemany(
            "INSERT INTO attribute_values (attribute, value, position) VALUES (?, ?, ?)",
            [(attribute, value, number) for number, value in enumerate(values, start=1)],
        )


@migrations()
def m005_renamed_words(db: Database) -> None:
    """A tagger has `words`, JSON of what the user calls what it says (see `core.tags.wording`); a prediction has `own`,
    its `top` in the tagger's own words, where those are others than the user's.
    """
    _execute_all(
        db,
        """
        ALTER TABLE taggers ADD COLUMN words TEXT NOT NULL DEFAULT '{}';
        ALTER TABLE predictions ADD COLUMN own TEXT
        """,
    )


@migrations()
def m006_unknown_classes(db: Database) -> None:
    """A prediction tells whether the photo is none of what its tagger knows, where that can tell; and the user may put
    photos aside that are shown as unknown, and that nobody will ever want to name.
    """
    _execute_all(
        db,
        """
        ALTER TABLE taggers ADD COLUMN tells_unknown INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE predictions ADD COLUMN unknown INTEGER NOT NULL DEFAULT 0;
        DROP INDEX predictions_by_label;
        CREATE INDEX predictions_by_label ON predictions(tagger_id, head, label, sure, unknown, probability);
        CREATE INDEX predictions_unknown ON predictions(tagger_id, head, photo_id) WHERE unknown = 1;
        CREATE TABLE put_aside (
            photo_id INTEGER PRIMARY KEY REFERENCES photos(id) ON DELETE CASCADE
        )
        """,
    )
