"""Breakages of HTTP, errors, sign-in, users, posts, cache and security."""

from __future__ import annotations

from tests.mutations.mutation import Mutation

APP = "src/app"
CONTEXT = f"{APP}/api/middleware/context.py"
BODY = f"{APP}/api/middleware/body.py"
HANDLERS = f"{APP}/api/error_handlers.py"
RESPONSES = f"{APP}/responses.py"
FAULTS = f"{APP}/faults.py"
SCHEMAS = f"{APP}/schemas.py"
TEXT = f"{APP}/text.py"
DEPENDENCIES = f"{APP}/api/dependencies.py"
ACCOUNTS = f"{APP}/services/accounts.py"
POST_SERVICE = f"{APP}/services/posts.py"
PASSWORDS = f"{APP}/security/passwords.py"
TOKENS = f"{APP}/security/access_tokens.py"
COOKIES = f"{APP}/security/cookies.py"
REFRESH = f"{APP}/repositories/refresh_tokens.py"
POSTS = f"{APP}/repositories/posts.py"
USERS = f"{APP}/repositories/users.py"
POST_ROUTES = f"{APP}/api/routes/posts.py"
USER_ROUTES = f"{APP}/api/routes/users.py"
AUTH_ROUTES = f"{APP}/api/routes/auth.py"
ACCOUNT_ROUTES = f"{APP}/api/routes/account.py"
CACHE = f"{APP}/cache.py"
CURSOR = f"{APP}/cursor.py"
ETAGS = f"{APP}/etags.py"
CORS = f"{APP}/security/cors.py"
CSRF = f"{APP}/security/csrf.py"
HEADERS = f"{APP}/security/headers.py"

HTTP = [
    Mutation("unknown-paths-are-403", "HTTP-01", HANDLERS, '404: "not_found"', '404: "forbidden"'),
    Mutation("another-media-type", "HTTP-02", CONTEXT,
             'if "cache-control" not in headers:',
             'if "content-type" in headers:\n'
             '            headers["content-type"] = "application/problem+json"\n'
             '        if "cache-control" not in headers:'),
    Mutation("nulls-are-left-out", "HTTP-03", f"{APP}/api/routes/jobs.py",
             '@router.get("/jobs/{id}")',
             '@router.get("/jobs/{id}", response_model_exclude_none=True)'),
    Mutation("timestamps-with-an-offset", "HTTP-03", SCHEMAS,
             '.replace("+00:00", "Z")', ""),
    Mutation("bad-id-is-422", "HTTP-04", DEPENDENCIES,
             "    if resource_id is None:\n        raise NotFound",
             "    if resource_id is None:\n        from app.errors import ValidationFailed\n"
             "        raise ValidationFailed"),
    Mutation("absolute-location", "HTTP-05", POST_ROUTES,
             'response.headers["Location"] = f"/v1/posts/{post.id}"',
             'response.headers["Location"] = f"http://localhost/v1/posts/{post.id}"'),
    Mutation("no-allow", "HTTP-06", HANDLERS,
             'if code == "method_not_allowed":', 'if code == "never":'),
    Mutation("any-media-type", "HTTP-07", BODY, "if media_type != JSON:", "if not media_type:"),
    Mutation("media-type-for-no-body", "HTTP-07", BODY,
             'if length == "0" and "transfer-encoding" not in headers:',
             'if length == "0" and scope["method"] == "GET":'),
    Mutation("length-is-believed", "HTTP-08", BODY,
             "if received > self._max_bytes:", "if False:"),
    Mutation("limit-off-by-one", "HTTP-08", BODY,
             "int(length) > self._max_bytes", "int(length) >= self._max_bytes"),
    Mutation("syntax-error-is-422", "HTTP-09", HANDLERS,
             'item["type"] == "json_invalid"', 'item["type"] == "json_strange"'),
    Mutation("numbers-become-text", "HTTP-09", SCHEMAS,
             'strict=True, extra="ignore"', 'coerce_numbers_to_str=True, extra="ignore"'),
    Mutation("412-before-403", "HTTP-10", f"{APP}/rules/posts.py",
             "    if post.author_id != author_id:",
             "    if if_match is not None and if_match != post.etag:\n"
             "        raise PreconditionFailed\n"
             "    if post.author_id != author_id:"),
    Mutation("errors-may-be-stored", "HTTP-11", f"{APP}/exchange.py",
             'DEFAULT_CACHE_CONTROL = "no-store"',
             'DEFAULT_CACHE_CONTROL = "private"'),
    Mutation("etag-on-users", "HTTP-11", USER_ROUTES,
             'response.headers["Location"] = f"/v1/users/{user.id}"',
             'response.headers["Location"] = f"/v1/users/{user.id}"\n'
             '    response.headers["ETag"] = \'"1"\''),
]  # fmt: skip

ERR = [
    Mutation("one-member-more", "ERR-01", RESPONSES,
             '        "code": code,', '        "code": code,\n        "status": row.status,'),
    Mutation("own-code", "ERR-02", f"{APP}/errors.py",
             'code = "precondition_failed"', 'code = "forbidden"'),
    Mutation("first-fault-only", "ERR-03", FAULTS,
             "for error in errors]", "for error in errors[:1]]"),
    Mutation("values-are-echoed", "ERR-03", FAULTS,
             "return Fault(field, rule, _MESSAGES[rule])",
             "return Fault(field, rule, f\"{error.get('input')!r} {_MESSAGES[rule]}\")"),
    Mutation("cause-in-the-answer", "ERR-04", CONTEXT,
             "        except Exception:\n            log.exception(\"unhandled_error\")\n"
             "            if status:\n                raise\n"
             "            await error_response(ServiceError(), exchange)",
             "        except Exception as error:\n            log.exception(\"unhandled_error\")\n"
             "            if status:\n                raise\n"
             "            answer = error_response(ServiceError(), exchange)\n"
             "            answer.headers[\"X-Cause\"] = str(error).splitlines()[0]\n"
             "            await answer"),
    Mutation("cause-not-logged", "ERR-04", CONTEXT,
             'log.exception("unhandled_error")', 'log.error("unhandled_error")'),
    Mutation("503-without-retry-after", "ERR-05", RESPONSES,
             "isinstance(error, RateLimited | Unavailable)", "isinstance(error, RateLimited)"),
]  # fmt: skip

AUTH = [
    Mutation("no-challenge", "AUTH-01", HANDLERS,
             'if error.code == "unauthenticated":', 'if error.code == "never":'),
    Mutation("asks-for-basic", "AUTH-01", f"{APP}/security/credentials.py",
             "return f'Bearer realm",
             "return f'Basic realm"),
    Mutation("unknown-email-is-told", "AUTH-02", f"{APP}/services/logins.py",
             "        raise login_failed(email, user)",
             "        if user is None:\n"
             "            from app.errors import NotFound\n"
             "            raise NotFound\n"
             "        raise login_failed(email, user)"),
    Mutation("no-decoy-hash", "AUTH-03", PASSWORDS,
             "    try:\n        _hasher.verify(password_hash or _decoy(), _bytes(password))",
             "    if password_hash is None:\n        return False\n"
             "    try:\n        _hasher.verify(password_hash, _bytes(password))"),
    Mutation("anybody-may-write", "AUTH-04", f"{APP}/rules/posts.py",
             "    if post.author_id != author_id:",
             "    if False:"),
    Mutation("only-72-bytes-count", "AUTH-05", PASSWORDS,
             'return password.encode("utf-8", "surrogatepass")',
             'return password.encode("utf-8", "surrogatepass")[:72]'),
    Mutation("passwords-are-trimmed", "AUTH-05", PASSWORDS,
             'return password.encode("utf-8", "surrogatepass")',
             'return password.strip().encode("utf-8", "surrogatepass")'),
    Mutation("cheap-hash", "AUTH-06", PASSWORDS, "memory_cost=19_456", "memory_cost=8_192"),
    Mutation("refresh-tokens-in-clear", "AUTH-07", f"{APP}/security/opaque.py",
             'return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()',
             'return token.encode("utf-8", "surrogatepass")'),
    Mutation("forgot-tells", "AUTH-08", ACCOUNTS,
             "            # A job for nobody sends nothing,"
             " but costs the same as one for somebody.",
             "            if user is None:\n                raise NotFound"),
    Mutation("link-to-another-host", "AUTH-08", f"{APP}/jobs/handlers.py",
             '"/reset-password"', '".evil.test/reset-password"'),
    Mutation("reset-leaves-refresh-tokens", "AUTH-09", f"{APP}/services/accounts.py",
             "            await fetch_one(conn, users.set_password(user.id, password_hash))\n"
             "            await self._sessions.revoke_all(conn, user.id)",
             "            await fetch_one(conn, users.set_password(user.id, password_hash))"),
    Mutation("reset-twice", "AUTH-09", f"{APP}/services/accounts.py",
             "            await execute(conn, email_tokens.delete_all(user.id, purpose))\n",
             ""),
    Mutation("reset-tokens-never-expire", "AUTH-09", f"{APP}/repositories/email_tokens.py",
             "AND expires_at > now()", "", check="expires"),
    Mutation("verify-twice", "AUTH-10", f"{APP}/services/accounts.py",
             "            await execute(conn, email_tokens.delete_all(user_id, purpose))\n",
             ""),
    Mutation("logout-keeps-the-family", "AUTH-11", ACCOUNT_ROUTES,
             "        await services.sessions.sign_out(value)", "        pass"),
    Mutation("logout-keeps-the-cookie", "AUTH-11", ACCOUNT_ROUTES,
             '        await services.sessions.sign_out(value)\n'
             '    response.headers["Set-Cookie"] = cookie.clear()',
             "        await services.sessions.sign_out(value)"),
    Mutation("logout-all-keeps-access", "AUTH-12", f"{APP}/services/accounts.py",
             "            await execute(conn, users.revoke_access(user_id))\n",
             ""),
    Mutation("version-is-not-compared", "AUTH-12", f"{APP}/rules/sessions.py",
             "if standing and standing.token_version == claims.version else None",
             "if standing else None"),
    Mutation("deleted-users-live-on", "AUTH-13", f"{APP}/rules/sessions.py",
             "return standing.id if standing and standing.token_version == claims.ve"
             "rsion else None",
             "return claims.user_id if not standing or standing.token_version == cla"
             "ims.version else None"),
    Mutation("password-changes-unasked", "AUTH-14", ACCOUNTS,
             "known = await self._logins.check(email, current_password, client_ip)",
             "known = await self.get(user_id)"),
    Mutation("change-keeps-other-sessions", "AUTH-14", ACCOUNTS,
             "            await self._sessions.revoke_all(conn, user_id)\n            changed",
             "            changed"),
]  # fmt: skip

JWT = [
    Mutation("cookie-readable-by-scripts", "JWT-01", COOKIES, "{secure}HttpOnly; ", "{secure}"),
    Mutation("cookie-lax", "JWT-01", COOKIES, '] = "Strict"', '] = "Lax"'),
    Mutation("email-in-the-token", "JWT-02", TOKENS,
             '"ver": claims.version,\n', '"ver": claims.version,\n            "role": "user",\n'),
    Mutation("any-hmac", "JWT-03", TOKENS,
             "algorithms=[ALGORITHM]", 'algorithms=[ALGORITHM, "HS384", "HS512"]'),
    Mutation("signature-not-verified", "JWT-03", TOKENS,
             'options={"require"', 'options={"verify_signature": False, "require"'),
    Mutation("typ-ignored", "JWT-04", TOKENS,
             'if decoded["header"].get("typ") != TOKEN_TYPE or user_id is None:',
             "if user_id is None:"),
    Mutation("audience-ignored", "JWT-04", TOKENS,
             'options={"require"', 'options={"verify_aud": False, "require"'),
    Mutation("long-leeway", "JWT-04", TOKENS, "CLOCK_SKEW = 60", "CLOCK_SKEW = 3600"),
    Mutation("verified-once-for-ever", "JWT-04", TOKENS,
             "    def read(", "    @__import__('functools').cache\n    def read(",
             check="once its time is over"),
    Mutation("rotation-prolongs", "JWT-05", f"{APP}/services/sessions.py",
             "user, rotation.family_id, rotation.expires_at",
             "user, rotation.family_id,\n"
             "                    rotation.expires_at + __import__('datetime').timed"
             "elta(days=1)"),
    Mutation("reuse-is-only-refused", "JWT-06", f"{APP}/services/sessions.py",
             "            if reused:\n"
             "                await execute(conn, refresh_tokens.revoke_family_of(token_hash))",
             "            if reused:\n"
             "                pass"),
    Mutation("reuse-revokes-everything", "JWT-06", f"{APP}/services/sessions.py",
             "            if reused:\n"
             "                await execute(conn, refresh_tokens.revoke_family_of(token_hash))",
             "            if reused:\n"
             "                await execute(conn, refresh_tokens.revoke_all(reused.user_id))"),
    Mutation("read-then-write", "JWT-07", REFRESH,
             "WHERE token_hash = %s AND used_at IS NULL AND revoked_at IS NULL",
             "WHERE token_hash = %s AND revoked_at IS NULL"),
    Mutation("bad-cookie-stays", "JWT-08", AUTH_ROUTES,
             '        refused.headers["Set-Cookie"] = cookie.clear()\n', ""),
    Mutation("sign-in-needs-redis", "JWT-09", f"{APP}/rate_policies.py",
             "return Decision(policy, limit, True,",
             "raise RateLimited(1)\n"
             "    return Decision(policy, limit, True,"),
]  # fmt: skip

USERS_GROUP = [
    Mutation("one-field-too-many", "USERS-01", SCHEMAS,
             "    email_verified: bool\n    created_at: Time",
             "    email_verified: bool\n    token_version: int = 1\n    created_at: Time"),
    Mutation("email-case-kept", "USERS-02", TEXT, "return value.lower()", "return value"),
    Mutation("blank-names", "USERS-02", SCHEMAS,
             "max_length=NAME_MAX), Clean, NotBlank]", "max_length=NAME_MAX), Clean]"),
    Mutation("password-length-in-bytes", "USERS-03", PASSWORDS,
             "if len(password) < self.min_length:",
             "if len(password.encode()) < self.min_length:", check="password rules"),
    Mutation("no-common-list", "USERS-03", PASSWORDS,
             "if password.lower() in common_passwords():", "if False:"),
    Mutation("email-as-password", "USERS-03", PASSWORDS,
             "if email is not None and password.lower() == email.lower():", "if False:"),
    Mutation("taken-is-a-500", "USERS-04", USERS, "ON CONFLICT (email) DO NOTHING ", ""),
    Mutation("email-is-public", "USERS-05", SCHEMAS,
             "class PublicUser(Response):\n    id: UUID",
             "class PublicUser(Response):\n    email: str\n    id: UUID"),
    Mutation("cached-posts-outlive-their-author", "USERS-06", ACCOUNTS,
             "        await self._cache.drop(*post_ids)\n", ""),
]  # fmt: skip

POSTS_GROUP = [
    Mutation("no-etag-on-creation", "POSTS-01", POST_ROUTES,
             'response.headers["Location"] = f"/v1/posts/{post.id}"\n'
             "    return _tagged(post, response)",
             'response.headers["Location"] = f"/v1/posts/{post.id}"\n'
             "    return schemas.Post.model_validate(post)"),
    Mutation("version-from-nowhere", "POSTS-01", POSTS,
             "INSERT INTO posts (id, author_id, title, body) VALUES (%s, %s, %s, %s)",
             "INSERT INTO posts (id, author_id, title, body, version) VALUES (%s, %s, %s, %s, 7)"),
    Mutation("utf-16-units", "POSTS-02", SCHEMAS,
             "Title = Annotated[str, Field(min_length=1, max_length=TITLE_MAX)",
             "Title = Annotated[str, Field(min_length=1, max_length=TITLE_MAX // 2)"),
    Mutation("text-is-trimmed", "POSTS-02", SCHEMAS,
             "Body = Annotated[str, Field(min_length=1, max_length=BODY_MAX), Clean, NotBlank]",
             "Body = Annotated[str, Field(min_length=1, max_length=BODY_MAX), Clean, NotBlank,"
             " AfterValidator(str.strip)]"),
    Mutation("text-is-normalised", "POSTS-03", TEXT,
             "        raise PydanticCustomError(\"forbidden_char\","
             " \"must not contain the character U+0000\")\n    return value",
             "        raise PydanticCustomError(\"forbidden_char\","
             " \"must not contain the character U+0000\")\n    import unicodedata\n"
             "    return unicodedata.normalize(\"NFC\", value)"),
    Mutation("nul-reaches-the-database", "POSTS-03", TEXT, 'if "\\x00" in value:', "if False:"),
    Mutation("posts-for-members-only", "POSTS-04", POST_ROUTES,
             "    services: ServicesDep,\n    response: Response,\n    if_none_match",
             "    services: ServicesDep,\n    user_id: CurrentUserId,\n    response: Response,\n"
             "    if_none_match"),
    Mutation("patch-clears-what-is-absent", "POSTS-05", POSTS,
             "body = coalesce(%s, body)", "body = coalesce(%s, '-')"),
    Mutation("empty-patch-passes", "POSTS-05", f"{APP}/rules/posts.py",
             "    if not changes:",
             "    if False:"),
    Mutation("delete-twice", "POSTS-06", f"{APP}/services/posts.py",
             "            await self._lock(conn, post_id, author_id, if_match)\n"
             "            await execute(conn, posts.delete(post_id))",
             "            await execute(conn, posts.delete(post_id))"),
    Mutation("never-304", "POSTS-07", POST_ROUTES,
             "if matches_weakly(if_none_match, post.etag):", "if False:"),
    Mutation("lists-of-tags-ignored", "POSTS-07", ETAGS,
             "etag in (tag.removeprefix(\"W/\") for tag in _tags(header))",
             "header.strip().removeprefix(\"W/\") == etag"),
    Mutation("if-match-ignored", "POSTS-08", ETAGS,
             'return header.strip() == "*" or etag in _tags(header)', "return True"),
    Mutation("weak-if-match", "POSTS-08", ETAGS,
             'return header.strip() == "*" or etag in _tags(header)',
             "return matches_weakly(header, etag)"),
    Mutation("no-row-lock", "POSTS-08", POSTS, " WHERE id = %s FOR UPDATE", " WHERE id = %s",
             check="parallel"),
    Mutation("limits-are-clamped", "POSTS-09", POST_ROUTES,
             "limit: Annotated[int, Query(ge=1, le=100)] = 20,",
             "limit: Annotated[int, Query(ge=1)] = 20,"),
    Mutation("another-default", "POSTS-09", POST_ROUTES,
             "Query(ge=1, le=100)] = 20", "Query(ge=1, le=100)] = 25"),
    Mutation("cursor-without-the-id", "POSTS-10", f"{APP}/repositories/posts.py",
             "WHERE author_id = %s AND (created_at, id) < (%s, %s)",
             "WHERE author_id = %s AND created_at < %s AND %s::uuid IS NOT NULL"),
    Mutation("bent-cursors-pass", "POSTS-11", CURSOR,
             "return hashlib.blake2b(position, digest_size=CHECKSUM_BYTES).digest()",
             "return bytes(CHECKSUM_BYTES)"),
]  # fmt: skip

CACHE_GROUP = [
    Mutation("nothing-is-cached", "CACHE-01", POST_SERVICE,
             "            await self._cache.fill(post)\n", ""),
    Mutation("no-jitter", "CACHE-01", f"{APP}/cached_posts.py",
             "JITTER = 0.1",
             "JITTER = 0.0"),
    Mutation("no-ttl", "CACHE-01", f"{APP}/cached_posts.py",
             "redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])",
             "redis.call('SET', KEYS[1], ARGV[2])"),
    Mutation("patch-leaves-the-cache", "CACHE-02", POST_SERVICE,
             "            raise NotFound\n        await self._cache.drop(post_id)\n"
             "        return post",
             "            raise NotFound\n        return post"),
    Mutation("fill-overtakes-the-write", "CACHE-02", f"{APP}/cached_posts.py",
             "if redis.call('GET', KEYS[1]) == ARGV[1] then return 0 end\n",
             "",
             check="readers beside"),
    Mutation("redis-is-waited-for", "CACHE-03", f"{APP}/redis_store.py",
             "async with _Deadline(self._timeout):\n                return await",
             "async with _Deadline(self._timeout * 20):\n                return await",
             check="frozen"),
    Mutation("garbage-is-a-fault", "CACHE-04", f"{APP}/cached_posts.py",
             "    except ValidationError:\n"
             "        return None",
             "    except ValidationError:\n"
             "        raise"),
]  # fmt: skip

SEC = [
    Mutation("sniffing-allowed", "SEC-01", HEADERS,
             '        "X-Content-Type-Options": "nosniff",\n', ""),
    Mutation("framework-is-named", "SEC-01", HEADERS,
             '"Referrer-Policy": "no-referrer",',
             '"Referrer-Policy": "no-referrer",\n        "X-Powered-By": "x",'),
    Mutation("refusals-without-cors", "SEC-02", CONTEXT,
             "exchange.rate_limit_headers, exchange.cors_headers)",
             "exchange.rate_limit_headers,\n"
             "                      {} if any(not d.allowed for d in exchange.decisions)"
             " else exchange.cors_headers)"),
    Mutation("no-preflight-headers", "SEC-02", CORS, ", if-match, if-none-match", ""),
    Mutation("origins-by-prefix", "SEC-03", CORS,
             'origin in allowed_origins or "*" in allowed_origins',
             "any(origin.startswith(known) for known in allowed_origins)"),
    Mutation("origins-by-suffix", "SEC-03", CORS,
             'origin in allowed_origins or "*" in allowed_origins',
             'any(origin.endswith(known.removeprefix("https://")) for known in allowed_origins)'),
    Mutation("same-site-passes", "SEC-04", CSRF,
             'not in ("same-origin", "none")', 'not in ("same-origin", "same-site", "none")'),
    Mutation("origin-not-compared", "SEC-04", CSRF,
             'return urlsplit(origin).netloc != (host or "")', "return False"),
    Mutation("no-csrf-guard", "SEC-04", f"{APP}/api/middleware/csrf.py",
             "                raise CsrfRejected", "                pass"),
    Mutation("verified-by-request", "SEC-05", USERS,
             "INSERT INTO users (id, email, name, password_hash) VALUES (%s, %s, %s, %s)",
             "INSERT INTO users (id, email, name, password_hash, token_version)"
             " VALUES (%s, %s, %s, %s, 99)"),
    Mutation("reset-tells", "SEC-06", ACCOUNTS,
             "            # A job for nobody sends nothing,"
             " but costs the same as one for somebody.",
             "            if user is None:\n                raise NotFound"),
    Mutation("crash-on-quotes", "SEC-07", f"{APP}/api/parameters.py",
             "    parsed = parse_uuid(author_id)",
             '    if "\'" in author_id:\n        raise RuntimeError\n'
             "    parsed = parse_uuid(author_id)", check="quotes"),
    Mutation("slow-on-quotes", "SEC-07", f"{APP}/api/parameters.py",
             "    parsed = parse_uuid(author_id)",
             '    if "\'" in author_id:\n        import asyncio\n'
             "        await asyncio.sleep(2.5)\n"
             "    parsed = parse_uuid(author_id)", check="quotes"),
    Mutation("answer-outside-the-description", "SEC-07", SCHEMAS,
             "class PublicUser(Response):\n    id: UUID",
             "class PublicUser(Response):\n    email: str\n    id: UUID", check="Schemathesis"),
    Mutation("deep-json-is-a-500", "SEC-07", HANDLERS,
             "    errors = error.errors()\n",
             "    errors = error.errors()\n"
             "    if error.body is not None and len(str(error.body)) > 20_000:\n"
             "        raise RecursionError\n", check="monstrous JSON"),
]  # fmt: skip

MUTATIONS = [*HTTP, *ERR, *AUTH, *JWT, *USERS_GROUP, *POSTS_GROUP, *CACHE_GROUP, *SEC]
