"""The pages of the studio's own site; its galleries come from PumbaPhoto."""

from wagtail import blocks
from wagtail.admin.panels import FieldPanel
from wagtail.fields import StreamField
from wagtail.images.blocks import ImageBlock
from wagtail.models import Page

from pumbaphoto_wagtail.admin.page_panel import GalleriesPanel
from pumbaphoto_wagtail.blocks import GalleryBlock, LatestGalleriesBlock


class HeroBlock(blocks.StructBlock):
    """A picture as wide as the window, with a few words on it."""

    image = ImageBlock()
    heading = blocks.CharBlock()
    line = blocks.CharBlock(required=False)

    class Meta:
        icon = "image"
        template = "studio/blocks/hero.html"


class IntroductionBlock(blocks.StructBlock):
    heading = blocks.CharBlock(required=False)
    text = blocks.RichTextBlock(features=["bold", "italic", "link"])

    class Meta:
        icon = "pilcrow"
        template = "studio/blocks/introduction.html"


class FeaturedBlock(blocks.StructBlock):
    """Pictures side by side, and where more of them are."""

    images = blocks.ListBlock(ImageBlock(), min_num=2, max_num=4)
    text = blocks.RichTextBlock(features=["bold", "italic", "link"], required=False)
    page = blocks.PageChooserBlock(required=False)
    link_text = blocks.CharBlock(required=False)

    class Meta:
        icon = "grip"
        template = "studio/blocks/featured.html"


class ContactBlock(blocks.StructBlock):
    heading = blocks.CharBlock()
    text = blocks.RichTextBlock(features=["bold", "italic", "link"], required=False)
    email = blocks.EmailBlock()
    phone = blocks.CharBlock(required=False)

    class Meta:
        icon = "mail"
        template = "studio/blocks/contact.html"


class HomePage(Page):
    """The studio's front page."""

    body = StreamField(
        [
            ("hero", HeroBlock()),
            ("introduction", IntroductionBlock()),
            ("featured", FeaturedBlock()),
            ("gallery", GalleryBlock()),
            ("latest", LatestGalleriesBlock()),
            ("contact", ContactBlock()),
        ],
        blank=True,
    )

    content_panels = [
        *Page.content_panels,
        FieldPanel("body"),
        GalleriesPanel(heading="Galleries on this page"),
    ]
    parent_page_types = ["wagtailcore.Page"]
