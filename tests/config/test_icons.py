"""Icons in templates: known without loading, hidden unless they speak, never a way in."""

from __future__ import annotations

from django.template import Context, Template


def test_an_icon_beside_words_is_hidden() -> None:
    html = Template('{% icon "trash" %}').render(Context())
    assert 'aria-hidden="true"' in html
    assert '#trash"' in html


def test_an_icon_alone_speaks_and_escapes() -> None:
    html = Template('{% icon "trash" label=said %}').render(Context({"said": 'Throw "it" <away>'}))
    assert 'role="img" aria-label="Throw &quot;it&quot; &lt;away&gt;"' in html
