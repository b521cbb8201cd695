"""What is stored. Rules about it live in the rooms above; see docs/architecture.md."""

from .access import (
    AccessPolicy,
    Downloads,
    LinkPurpose,
    LinkSection,
    PinTry,
    ShareLink,
    Visibility,
)
from .delivery import Delivery, DeliveryItem
from .edit import (
    UNDECIDED_STATUSES,
    ChangeRequest,
    Consent,
    Edit,
    EditStatus,
    MatchMethod,
)
from .file import (
    SETTLED_STAGES,
    TRUSTED_VERDICTS,
    FileMove,
    Rendition,
    Stage,
    StoredFile,
    Verdict,
)
from .gallery import (
    CameraClock,
    Client,
    Gallery,
    Kind,
    Section,
    State,
    Transition,
    Video,
)
from .message import Message, MessageKind
from .photo import FileRole, Photo, PhotoFile, TimeSource
from .selection import Pick, Selection, SelectionList
from .upload import FINAL_UPLOAD_STATES, Purpose, SameName, Upload, UploadBatch, UploadState

__all__ = [
    "FINAL_UPLOAD_STATES",
    "SETTLED_STAGES",
    "TRUSTED_VERDICTS",
    "UNDECIDED_STATUSES",
    "AccessPolicy",
    "CameraClock",
    "ChangeRequest",
    "Client",
    "Consent",
    "Delivery",
    "DeliveryItem",
    "Downloads",
    "Edit",
    "EditStatus",
    "FileMove",
    "FileRole",
    "Gallery",
    "Kind",
    "LinkPurpose",
    "LinkSection",
    "MatchMethod",
    "Message",
    "MessageKind",
    "Photo",
    "PhotoFile",
    "Pick",
    "PinTry",
    "Purpose",
    "Rendition",
    "SameName",
    "Section",
    "Selection",
    "SelectionList",
    "ShareLink",
    "Stage",
    "State",
    "StoredFile",
    "TimeSource",
    "Transition",
    "Upload",
    "UploadBatch",
    "UploadState",
    "Verdict",
    "Video",
    "Visibility",
]
