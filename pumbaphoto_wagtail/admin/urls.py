"""The admin addresses of galleries, below ``pumbaphoto/galleries/``."""

from __future__ import annotations

from django.urls import path

from . import (
    acts,
    board,
    clocks,
    deliveries,
    edits,
    galleries,
    gallery_settings,
    history,
    link_acts,
    on_behalf,
    originals,
    panels,
    photo_edits,
    photos,
    sections,
    selections,
    sharing,
    showing,
    single_upload,
    uploading,
    watermark,
    wishes,
)

urlpatterns = [
    path("", galleries.GalleryIndexView.as_view(), name="index"),
    path("results/", galleries.GalleryIndexView.as_view(results_only=True), name="index_results"),
    path("new/", galleries.CreateGalleryView.as_view(), name="add"),
    path("session/", uploading.session, name="session"),
    path("of-page/<int:page_pk>/", panels.gallery_of_page, name="of_page"),
    path("<uuid:uuid>/", photos.PhotosView.as_view(), name="photos"),
    path("<uuid:uuid>/show/", showing.ShowPhotosView.as_view(), name="show"),
    path("<uuid:uuid>/upload/", single_upload.single_upload, name="single_upload"),
    path("<uuid:uuid>/uploads/<uuid:batch_uuid>/", uploading.BatchView.as_view(), name="batch"),
    path("<uuid:uuid>/selections/", selections.SelectionsView.as_view(), name="selections"),
    path(
        "<uuid:uuid>/selections/<int:selection_pk>/xlsx/",
        selections.SelectionWorkbookView.as_view(),
        name="selection_workbook",
    ),
    path(
        "<uuid:uuid>/selections/xlsx/",
        selections.SelectionWorkbookView.as_view(),
        name="workbook",
    ),
    path("<uuid:uuid>/selections/for/", on_behalf.ChooseWhomView.as_view(), name="choose_whom"),
    path(
        "<uuid:uuid>/selections/for/<uuid:link_uuid>/",
        on_behalf.ChooseForView.as_view(),
        name="choose_for",
    ),
    path(
        "<uuid:uuid>/selections/for/<uuid:link_uuid>/names/",
        on_behalf.PasteForView.as_view(),
        name="paste_for",
    ),
    path(
        "<uuid:uuid>/selections/for/<uuid:link_uuid>/send/",
        on_behalf.SendForView.as_view(),
        name="send_for",
    ),
    path("<uuid:uuid>/edits/", edits.EditsView.as_view(), name="edits"),
    path("<uuid:uuid>/edits/board/", board.BoardView.as_view(), name="board"),
    path("<uuid:uuid>/edits/board/news/", board.BoardNewsView.as_view(), name="board_news"),
    path("<uuid:uuid>/edits/undo/", board.UndoDecisionView.as_view(), name="undo_decision"),
    path(
        "<uuid:uuid>/edits/of/<uuid:photo_uuid>/",
        photo_edits.PhotoEditsView.as_view(),
        name="photo_edits",
    ),
    path("<uuid:uuid>/edits/<int:edit_pk>/", board.DecideEditView.as_view(), name="decide_edit"),
    path(
        "<uuid:uuid>/edits/<int:edit_pk>/original/",
        originals.ChooseOriginalView.as_view(),
        name="choose_original",
    ),
    path("<uuid:uuid>/sharing/", sharing.SharingView.as_view(), name="sharing"),
    path("<uuid:uuid>/sharing/who/", sharing.VisibilityView.as_view(), name="visibility"),
    path(
        "<uuid:uuid>/sharing/<uuid:link_uuid>/",
        link_acts.ChangeLinkView.as_view(),
        name="change_link",
    ),
    path(
        "<uuid:uuid>/sharing/<uuid:link_uuid>/preview/",
        link_acts.PreviewView.as_view(),
        name="preview_as",
    ),
    path(
        "<uuid:uuid>/selections/<int:selection_pk>/reopen/",
        selections.ReopenListView.as_view(),
        name="reopen_list",
    ),
    path(
        "<uuid:uuid>/sharing/<uuid:link_uuid>/revoke/",
        link_acts.RevokeLinkView.as_view(),
        name="revoke_link",
    ),
    path(
        "<uuid:uuid>/sharing/<uuid:link_uuid>/renew/",
        link_acts.RenewLinkView.as_view(),
        name="renew_link",
    ),
    path("<uuid:uuid>/delivery/", deliveries.DeliveryView.as_view(), name="delivery"),
    path(
        "<uuid:uuid>/delivery/wishes/<int:wish_pk>/",
        wishes.AnswerWishView.as_view(),
        name="answer_wish",
    ),
    path("<uuid:uuid>/clocks/", clocks.ClocksView.as_view(), name="clocks"),
    path("<uuid:uuid>/sections/", sections.SectionsView.as_view(), name="sections"),
    path(
        "<uuid:uuid>/sections/<uuid:section_uuid>/remove/",
        sections.RemoveSectionView.as_view(),
        name="remove_section",
    ),
    path("<uuid:uuid>/history/", history.HistoryView.as_view(), name="history"),
    path("<uuid:uuid>/settings/", gallery_settings.SettingsView.as_view(), name="settings"),
    path("<uuid:uuid>/watermark/", watermark.WatermarkView.as_view(), name="watermark"),
    path(
        "<uuid:uuid>/watermark/preview/",
        watermark.WatermarkPreviewView.as_view(),
        name="watermark_preview",
    ),
    path("<uuid:uuid>/steps/<slug:step_name>/", acts.StepView.as_view(), name="step"),
]
