"""Create the first schema.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "comments_moderators",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("failed_count", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments_moderators")),
        sa.UniqueConstraint("email", name=op.f("uq_comments_moderators_email")),
    )
    op.create_table(
        "comments_outbox",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("payload", JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dead_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments_outbox")),
    )
    with op.batch_alter_table("comments_outbox", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_comments_outbox_done_at_dead_at_due_at"),
            ["done_at", "dead_at", "due_at"],
            unique=False,
        )

    op.create_table(
        "comments_sites",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("origins", JSON, nullable=False),
        sa.Column("model_id", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments_sites")),
        sa.UniqueConstraint("key", name=op.f("uq_comments_sites_key")),
    )
    op.create_table(
        "comments_authors",
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("blocked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trusted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["comments_sites.id"],
            name=op.f("fk_comments_authors_site_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments_authors")),
    )
    with op.batch_alter_table("comments_authors", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_comments_authors_site_id"), ["site_id"], unique=False)

    op.create_table(
        "comments_list_entries",
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("value", sa.String(length=500), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["comments_sites.id"],
            name=op.f("fk_comments_list_entries_site_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments_list_entries")),
        sa.UniqueConstraint(
            "site_id", "kind", "value", name=op.f("uq_comments_list_entries_site_id_kind_value")
        ),
    )
    with op.batch_alter_table("comments_list_entries", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_comments_list_entries_site_id_kind"), ["site_id", "kind"], unique=False
        )

    op.create_table(
        "comments_models",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("card", JSON, nullable=False),
        sa.Column("report", JSON, nullable=False),
        sa.Column("arrays", sa.LargeBinary(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["comments_sites.id"],
            name=op.f("fk_comments_models_site_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments_models")),
    )
    with op.batch_alter_table("comments_models", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_comments_models_site_id_created_at"),
            ["site_id", "created_at"],
            unique=False,
        )

    op.create_table(
        "comments_pages",
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("comment_count", sa.Integer(), nullable=False),
        sa.Column("like_count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["comments_sites.id"],
            name=op.f("fk_comments_pages_site_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments_pages")),
        sa.UniqueConstraint("site_id", "url", name=op.f("uq_comments_pages_site_id_url")),
    )
    op.create_table(
        "comments_switches",
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("from_id", sa.String(length=64), nullable=True),
        sa.Column("to_id", sa.String(length=64), nullable=True),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["comments_sites.id"],
            name=op.f("fk_comments_switches_site_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments_switches")),
    )
    with op.batch_alter_table("comments_switches", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_comments_switches_site_id_id"), ["site_id", "id"], unique=False
        )

    op.create_table(
        "comments_tickets",
        sa.Column("id", ID, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("moderator_id", ID, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["moderator_id"],
            ["comments_moderators.id"],
            name=op.f("fk_comments_tickets_moderator_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments_tickets")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_comments_tickets_token_hash")),
    )
    op.create_table(
        "comments_comments",
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("page_id", ID, nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("parent_id", ID, nullable=True),
        sa.Column("root_id", ID, nullable=True),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("text_hash", sa.String(length=32), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=False),
        sa.Column("network", sa.String(length=32), nullable=False),
        sa.Column("by_moderator", sa.Boolean(), nullable=False),
        sa.Column("like_count", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["author_id"], ["comments_authors.id"], name=op.f("fk_comments_comments_author_id")
        ),
        sa.ForeignKeyConstraint(
            ["page_id"],
            ["comments_pages.id"],
            name=op.f("fk_comments_comments_page_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["comments_comments.id"],
            name=op.f("fk_comments_comments_parent_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["root_id"],
            ["comments_comments.id"],
            name=op.f("fk_comments_comments_root_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["comments_sites.id"],
            name=op.f("fk_comments_comments_site_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments_comments")),
        sa.UniqueConstraint(
            "site_id", "idempotency_key", name=op.f("uq_comments_comments_site_id_idempotency_key")
        ),
    )
    with op.batch_alter_table("comments_comments", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_comments_comments_author_id_status"),
            ["author_id", "status"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_comments_comments_network_created_at"),
            ["network", "created_at"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_comments_comments_page_id_depth_shown_id"),
            ["page_id", "depth", "shown", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_comments_comments_page_id_status"), ["page_id", "status"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_comments_comments_parent_id"), ["parent_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_comments_comments_root_id_shown_id"),
            ["root_id", "shown", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_comments_comments_site_id_created_at"),
            ["site_id", "created_at"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_comments_comments_site_id_status_id"),
            ["site_id", "status", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_comments_comments_site_id_text_hash_id"),
            ["site_id", "text_hash", "id"],
            unique=False,
        )

    op.create_table(
        "comments_identities",
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"],
            ["comments_authors.id"],
            name=op.f("fk_comments_identities_author_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["comments_sites.id"],
            name=op.f("fk_comments_identities_site_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments_identities")),
        sa.UniqueConstraint(
            "site_id",
            "provider",
            "subject",
            name=op.f("uq_comments_identities_site_id_provider_subject"),
        ),
    )
    with op.batch_alter_table("comments_identities", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_comments_identities_author_id"), ["author_id"], unique=False
        )

    op.create_table(
        "comments_page_likes",
        sa.Column("id", ID, nullable=False),
        sa.Column("page_id", ID, nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("guest_network", sa.String(length=32), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"],
            ["comments_authors.id"],
            name=op.f("fk_comments_page_likes_author_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["page_id"],
            ["comments_pages.id"],
            name=op.f("fk_comments_page_likes_page_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments_page_likes")),
        sa.UniqueConstraint(
            "page_id", "author_id", name=op.f("uq_comments_page_likes_page_id_author_id")
        ),
        sa.UniqueConstraint(
            "page_id", "guest_network", name=op.f("uq_comments_page_likes_page_id_guest_network")
        ),
    )
    with op.batch_alter_table("comments_page_likes", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_comments_page_likes_author_id"), ["author_id"], unique=False
        )

    op.create_table(
        "comments_sessions",
        sa.Column("id", ID, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("author_id", ID, nullable=True),
        sa.Column("moderator_id", ID, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["author_id"],
            ["comments_authors.id"],
            name=op.f("fk_comments_sessions_author_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["moderator_id"],
            ["comments_moderators.id"],
            name=op.f("fk_comments_sessions_moderator_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_comments_sessions_token_hash")),
    )
    with op.batch_alter_table("comments_sessions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_comments_sessions_author_id"), ["author_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_comments_sessions_expires_at"), ["expires_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_comments_sessions_moderator_id"), ["moderator_id"], unique=False
        )

    op.create_table(
        "comments_comment_likes",
        sa.Column("id", ID, nullable=False),
        sa.Column("comment_id", ID, nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("guest_network", sa.String(length=32), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"],
            ["comments_authors.id"],
            name=op.f("fk_comments_comment_likes_author_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["comment_id"],
            ["comments_comments.id"],
            name=op.f("fk_comments_comment_likes_comment_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments_comment_likes")),
        sa.UniqueConstraint(
            "comment_id", "author_id", name=op.f("uq_comments_comment_likes_comment_id_author_id")
        ),
        sa.UniqueConstraint(
            "comment_id",
            "guest_network",
            name=op.f("uq_comments_comment_likes_comment_id_guest_network"),
        ),
    )
    with op.batch_alter_table("comments_comment_likes", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_comments_comment_likes_author_id"), ["author_id"], unique=False
        )

    op.create_table(
        "comments_decisions",
        sa.Column("id", ID, nullable=False),
        sa.Column("comment_id", ID, nullable=False),
        sa.Column("moderator_id", ID, nullable=False),
        sa.Column("decision", sa.String(length=16), nullable=False),
        sa.Column("from_status", sa.String(length=16), nullable=False),
        sa.Column("to_status", sa.String(length=16), nullable=False),
        sa.Column("undoes_id", ID, nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"],
            ["comments_comments.id"],
            name=op.f("fk_comments_decisions_comment_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["moderator_id"],
            ["comments_moderators.id"],
            name=op.f("fk_comments_decisions_moderator_id"),
        ),
        sa.ForeignKeyConstraint(
            ["undoes_id"], ["comments_decisions.id"], name=op.f("fk_comments_decisions_undoes_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments_decisions")),
    )
    with op.batch_alter_table("comments_decisions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_comments_decisions_comment_id_id"), ["comment_id", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_comments_decisions_moderator_id_id"),
            ["moderator_id", "id"],
            unique=False,
        )

    op.create_table(
        "comments_reports",
        sa.Column("id", ID, nullable=False),
        sa.Column("comment_id", ID, nullable=False),
        sa.Column("author_id", ID, nullable=True),
        sa.Column("network", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["author_id"],
            ["comments_authors.id"],
            name=op.f("fk_comments_reports_author_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["comment_id"],
            ["comments_comments.id"],
            name=op.f("fk_comments_reports_comment_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments_reports")),
        sa.UniqueConstraint(
            "comment_id", "network", name=op.f("uq_comments_reports_comment_id_network")
        ),
    )
    op.create_table(
        "comments_shadow_scores",
        sa.Column("id", ID, nullable=False),
        sa.Column("comment_id", ID, nullable=False),
        sa.Column("model_id", sa.String(length=64), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"],
            ["comments_comments.id"],
            name=op.f("fk_comments_shadow_scores_comment_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["model_id"],
            ["comments_models.id"],
            name=op.f("fk_comments_shadow_scores_model_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments_shadow_scores")),
        sa.UniqueConstraint(
            "comment_id", "model_id", name=op.f("uq_comments_shadow_scores_comment_id_model_id")
        ),
    )
    with op.batch_alter_table("comments_shadow_scores", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_comments_shadow_scores_model_id_id"), ["model_id", "id"], unique=False
        )

    op.create_table(
        "comments_verdicts",
        sa.Column("id", ID, nullable=False),
        sa.Column("comment_id", ID, nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("hold_at", sa.Double(), nullable=True),
        sa.Column("spam_at", sa.Double(), nullable=True),
        sa.Column("reasons", JSON, nullable=False),
        sa.Column("model", sa.String(length=64), nullable=False),
        sa.Column("milliseconds", sa.Double(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"],
            ["comments_comments.id"],
            name=op.f("fk_comments_verdicts_comment_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments_verdicts")),
    )
    with op.batch_alter_table("comments_verdicts", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_comments_verdicts_comment_id_id"), ["comment_id", "id"], unique=False
        )

    op.create_table(
        "comments_labels",
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("comment_id", ID, nullable=True),
        sa.Column("decision_id", ID, nullable=True),
        sa.Column("label", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["comment_id"],
            ["comments_comments.id"],
            name=op.f("fk_comments_labels_comment_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["decision_id"],
            ["comments_decisions.id"],
            name=op.f("fk_comments_labels_decision_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["comments_sites.id"],
            name=op.f("fk_comments_labels_site_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments_labels")),
    )
    with op.batch_alter_table("comments_labels", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_comments_labels_comment_id"), ["comment_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_comments_labels_decision_id"), ["decision_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_comments_labels_site_id_id"), ["site_id", "id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("comments_labels", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_comments_labels_site_id_id"))
        batch_op.drop_index(batch_op.f("ix_comments_labels_decision_id"))
        batch_op.drop_index(batch_op.f("ix_comments_labels_comment_id"))

    op.drop_table("comments_labels")
    with op.batch_alter_table("comments_verdicts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_comments_verdicts_comment_id_id"))

    op.drop_table("comments_verdicts")
    with op.batch_alter_table("comments_shadow_scores", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_comments_shadow_scores_model_id_id"))

    op.drop_table("comments_shadow_scores")
    op.drop_table("comments_reports")
    with op.batch_alter_table("comments_decisions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_comments_decisions_moderator_id_id"))
        batch_op.drop_index(batch_op.f("ix_comments_decisions_comment_id_id"))

    op.drop_table("comments_decisions")
    with op.batch_alter_table("comments_comment_likes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_comments_comment_likes_author_id"))

    op.drop_table("comments_comment_likes")
    with op.batch_alter_table("comments_sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_comments_sessions_moderator_id"))
        batch_op.drop_index(batch_op.f("ix_comments_sessions_expires_at"))
        batch_op.drop_index(batch_op.f("ix_comments_sessions_author_id"))

    op.drop_table("comments_sessions")
    with op.batch_alter_table("comments_page_likes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_comments_page_likes_author_id"))

    op.drop_table("comments_page_likes")
    with op.batch_alter_table("comments_identities", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_comments_identities_author_id"))

    op.drop_table("comments_identities")
    with op.batch_alter_table("comments_comments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_comments_comments_site_id_text_hash_id"))
        batch_op.drop_index(batch_op.f("ix_comments_comments_site_id_status_id"))
        batch_op.drop_index(batch_op.f("ix_comments_comments_site_id_created_at"))
        batch_op.drop_index(batch_op.f("ix_comments_comments_root_id_shown_id"))
        batch_op.drop_index(batch_op.f("ix_comments_comments_parent_id"))
        batch_op.drop_index(batch_op.f("ix_comments_comments_page_id_status"))
        batch_op.drop_index(batch_op.f("ix_comments_comments_page_id_depth_shown_id"))
        batch_op.drop_index(batch_op.f("ix_comments_comments_network_created_at"))
        batch_op.drop_index(batch_op.f("ix_comments_comments_author_id_status"))

    op.drop_table("comments_comments")
    op.drop_table("comments_tickets")
    with op.batch_alter_table("comments_switches", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_comments_switches_site_id_id"))

    op.drop_table("comments_switches")
    op.drop_table("comments_pages")
    with op.batch_alter_table("comments_models", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_comments_models_site_id_created_at"))

    op.drop_table("comments_models")
    with op.batch_alter_table("comments_list_entries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_comments_list_entries_site_id_kind"))

    op.drop_table("comments_list_entries")
    with op.batch_alter_table("comments_authors", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_comments_authors_site_id"))

    op.drop_table("comments_authors")
    op.drop_table("comments_sites")
    with op.batch_alter_table("comments_outbox", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_comments_outbox_done_at_dead_at_due_at"))

    op.drop_table("comments_outbox")
    op.drop_table("comments_moderators")
