from django.contrib import admin

from app.posts.models import Post


@admin.register(Post)
class PostAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("title", "author", "created_at")
    search_fields = ("title", "author__email")
    ordering = ("-created_at", "-id")
    readonly_fields = ("id", "version", "created_at", "updated_at")
    raw_id_fields = ("author",)
