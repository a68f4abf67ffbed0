"""The routers of what concerns the person, contacts, disputes and templates, as one."""

from fastapi import APIRouter

from services.collections.contact_api import contacting
from services.collections.dispute_api import disputing
from services.collections.person_api import person
from services.collections.template_api import templates

people = APIRouter()
for part in (person, contacting, disputing, templates):
    people.include_router(part)
