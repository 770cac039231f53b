"""The settlement letter of a grant that is closed out, for its grantee."""

import io

from django.http import FileResponse, Http404
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404

from initiatives import closeout, vouchers
from initiatives.history import log
from initiatives.models import Earmark
from initiatives.views.access import Request, reading


@reading
def letter(request: Request, slug: str) -> HttpResponseBase:
    """The letter as it was kept; not there while the grant is open, or for anybody else."""
    earmark = get_object_or_404(Earmark.objects.visible_to(request.user), slug=slug)
    standing = closeout.standing_of(earmark)
    if not standing.is_closed:
        raise Http404("this grant is not closed out")
    kept = standing.close_out.letter
    content = vouchers.content_of(kept)
    if content is None:
        raise Http404("the letter does not hold what its digest says")
    log.note(request.user, log.DOWNLOADED, kept.name, {"sha256": kept.sha256, "size": kept.size}, request)
    return FileResponse(io.BytesIO(content), as_attachment=True, filename=kept.name, content_type=kept.content_type)
