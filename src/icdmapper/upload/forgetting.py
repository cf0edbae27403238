"""The bytes of packages hold patient data: kept while they may be needed, then forgotten."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from icdmapper.model.sending import StoredPackage
from icdmapper.storage.upload_state import UploadState
from icdmapper.upload.config import UploadConfig
from icdmapper.upload.folder_gateway import FolderGateway

logger = logging.getLogger(__name__)


def forget_old(config: UploadConfig, state: UploadState, *, at: datetime) -> int:
    """Forget the bytes of what was accepted more than `keep_days` ago; how many packages.

    Only accepted packages: any other may be sent again, or has a person look at it. Receipts,
    hashes and counts stay. What a carrier left of them in the outgoing folder goes first: a
    package whose file cannot be removed keeps its bytes, and the next run tries again.
    """
    with state.reading() as work:
        due = work.forgetting.due(accepted_before=at - timedelta(days=config.keep_days))
    count = sum(_forget(one, config, state, at) for one in due)
    if count:
        logger.info("the bytes of %d packages were forgotten", count)
    if count < len(due):
        logger.warning("%d packages could not be removed from the folder", len(due) - count)
    return count


def _forget(one: StoredPackage, config: UploadConfig, state: UploadState, at: datetime) -> bool:
    """One transaction for each package: the first run after years has many."""
    target = config.target
    if target.transport == "folder" and not FolderGateway(target.folder).withdraw(one):
        return False
    with state.writing() as work:
        work.forgetting.forget(one, at=at)
        work.commit()
    return True
