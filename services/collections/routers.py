"""The routers of what concerns the person, contacts, disputes and templates, as one."""

from fastapi import APIRouter

from services.collections.agency_api import agency
from services.collections.contact_api import contacting
from services.collections.dispute_api import disputing
from services.collections.legal_api import legal
from services.collections.person_api import person
from services.collections.plan_api import plans
from services.collections.plan_link_api import plan_links
from services.collections.plan_page import plan_page
from services.collections.statement_api import statements
from services.collections.story_api import stories
from services.collections.supervisor_api import supervising
from services.collections.template_api import templates
from services.collections.work_api import working

people = APIRouter()
for part in (
    person,
    contacting,
    disputing,
    templates,
    working,
    statements,
    stories,
    supervising,
    agency,
    legal,
    plans,
    plan_links,
    plan_page,
):
    people.include_router(part)
