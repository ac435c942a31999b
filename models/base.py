"""The typed declarative base of all tables."""

from typing import TYPE_CHECKING

from extensions import Base, db

if TYPE_CHECKING:
    # Flask-SQLAlchemy builds its Model at run time, which a type checker cannot follow.
    class Model(Base):
        __abstract__ = True
else:
    Model = db.Model
