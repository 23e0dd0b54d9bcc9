"""The editors' site: server-rendered pages under /studio.

A page is a module in `studio/pages` with a `router`. What it needs it takes from three places:

- `Allowed`: `person: Annotated[Person, allowed("content.edit")]` lets only roles with this permission in (see
  `studio.access.PERMISSIONS`) and checks the form's token on every POST.
- `PartsOf`: `parts: PartsOf` gives the assistant, the database and the services.
- `render(request, person, "page.html", **values)` and `redirect("/studio/board", "Saved.")`.

Texts: English in the code; `{{ t("Save") }}` in templates, `_("Save")` in Python where a text is only named.
Translations lie in `studio/locales/hy/*.po` and `studio/locales/ru/*.po`, all files of a folder read together.
"""

from studio.router import create_router

__all__ = ["create_router"]
