"""Breakages of sessions and of sign-in through a provider."""

from __future__ import annotations

from functools import partial

from tests.mutations.mutation import Mutation

APP = "src/app"
COOKIES = f"{APP}/security/cookies.py"
SESSIONS = f"{APP}/services/sessions.py"
OPENID = f"{APP}/security/openid.py"
SOCIAL = f"{APP}/services/social.py"
IDENTITIES = f"{APP}/repositories/identities.py"
ROUTES = f"{APP}/api/routes/oauth.py"

# All of them break one project, which has both.
VARIANTS = frozenset({"sess", "oauth"})
_Mutation = partial(Mutation, variants=VARIANTS)

SESS = [
    _Mutation("scripts-read-the-session", "SESS-01", COOKIES, "{secure}HttpOnly; ", "{secure}",
              check="cookie"),
    _Mutation("sessions-in-clear", "SESS-01", f"{APP}/rules/sessions.py",
             "return hash_token(session_id).hex()",
             "return session_id", check="hash"),
    _Mutation("a-set-for-ever", "SESS-01", f"{APP}/rules/sessions.py",
             "redis.call('EXPIRE', KEYS[2], ARGV[4])",
             "", check="hash"),
    _Mutation("old-session-lives-on", "SESS-02", f"{APP}/services/sessions.py",
             "            await self.sign_out(previous)",
             "            pass",
              check="came with"),
    _Mutation("sessions-of-one-process", "SESS-03", f"{APP}/rules/sessions.py",
             'return f"sess:{digest}"',
             "return f\"sess:{digest}{__import__('os').getpid()}\""),
    _Mutation("idle-limit-is-absolute", "SESS-04", f"{APP}/rules/sessions.py",
             "redis.call('EXPIRE', KEYS[1], math.min(tonumber(ARGV[1]), left))",
             "",
              check="not used"),
    _Mutation("absolute-limit-is-renewed", "SESS-04", f"{APP}/rules/sessions.py",
             "local left = tonumber(session[3]) + tonumber(ARGV[2]) - tonumber(redis"
             ".call('TIME')[1])",
             "local left = tonumber(ARGV[2])", check="absolute"),
    _Mutation("unknown-is-anonymous", "SESS-05", SESSIONS,
              "        except RedisDown as error:\n            raise Unavailable from error",
              "        except RedisDown:\n            return None"),
    _Mutation("append-only-off", "SESS-06", "deploy/compose/services.yaml",
              '"--appendonly", "yes", "--maxmemory-policy", "noeviction"',
              '"--appendonly", "no", "--maxmemory-policy", "noeviction"', check="shipped"),
]  # fmt: skip

OAUTH = [
    _Mutation("plain-challenge", "OAUTH-01", OPENID,
              '"code_challenge_method": "S256"', '"code_challenge_method": "plain"'),
    _Mutation("any-provider", "OAUTH-01", ROUTES,
              "if provider != settings.oauth_provider:", "if not provider:", check="unknown"),
    _Mutation("cookie-that-does-not-come-back", "OAUTH-02", f"{APP}/rules/social.py",
             'same_site="Lax"',
             'same_site="Strict"'),
    _Mutation("one-state-for-all", "OAUTH-02", OPENID,
              "cls(*(secrets.token_urlsafe(32) for _ in range(3)))",
              'cls("s" * 43, *(secrets.token_urlsafe(32) for _ in range(2)))'),
    _Mutation("no-client-authentication", "OAUTH-03", f"{APP}/rules/provider.py",
             '        "auth": httpx.BasicAuth(settings.oauth_client_id, settings.oau'
             "th_client_secret),\n",
             "", check="redeems"),
    _Mutation("open-redirector", "OAUTH-03", ROUTES,
              "_see_other(settings.oauth_success_url)",
              '_see_other(request.query_params.get("next", settings.oauth_success_url))',
              check="leads elsewhere"),
    _Mutation("any-state", "OAUTH-04", f"{APP}/rules/social.py",
             "if transaction is None or not secrets.compare_digest(\n"
             "        transaction.state.encode(), state.encode()\n"
             "    ):",
             "if transaction is None:"),
    _Mutation("transaction-works-twice", "OAUTH-05", SOCIAL,
              "redis.getdel(key)", "redis.get(key)", check="once"),
    _Mutation("transaction-for-hours", "OAUTH-05", f"{APP}/services/social.py",
             "ex=social.TRANSACTION_SECONDS",
             "ex=36000", check="600"),
    _Mutation("any-signature", "OAUTH-06", OPENID,
              'options={"require"', 'options={"verify_signature": False, "require"',
              check="tokens"),
    _Mutation("any-audience", "OAUTH-06", OPENID,
              'options={"require"', 'options={"verify_aud": False, "require"', check="tokens"),
    _Mutation("any-nonce", "OAUTH-06", OPENID,
              'if not secrets.compare_digest(str(claims.get("nonce", "")), nonce) '
              'or not claims["sub"]:',
              'if not claims["sub"]:', check="tokens"),
    _Mutation("another-issuers-answer", "OAUTH-06", f"{APP}/rules/social.py",
             'if answer.get("iss", settings.oauth_issuer) != settings.oauth_issuer:',
             "if False:", check="another issuer"),
    _Mutation("reflects-the-provider", "OAUTH-07", f"{APP}/rules/social.py",
             'raise SignInFailed("oauth_denied" if denied else "oauth_unavailable")',
             'raise SignInFailed(answer["error"])', check="declines"),
    _Mutation("waits-too-long", "OAUTH-07", f"{APP}/rules/provider.py",
             "TIMEOUT_SECONDS = 2.5",
             "TIMEOUT_SECONDS = 12.0", check="never met"),
    _Mutation("subjects-without-case", "OAUTH-08", IDENTITIES,
              "WHERE provider = %s AND subject = %s",
              "WHERE provider = %s AND lower(subject) = lower(%s)", check="subject"),
    _Mutation("first-login-races", "OAUTH-08", IDENTITIES,
              "ON CONFLICT (provider, subject) DO NOTHING", "", check="five"),
    _Mutation("links-what-nobody-vouched-for", "OAUTH-09", f"{APP}/rules/social.py",
             "if not identity.email_verified or identity.email is None:",
             "if identity.email is None:", check="word"),
    _Mutation("squatter-keeps-the-password", "OAUTH-10", IDENTITIES,
              "SET password_hash = NULL, ", "SET "),
    _Mutation("squatter-keeps-the-reset-token", "OAUTH-10", f"{APP}/services/social.py",
             "        await execute(conn, email_tokens.delete_all(user.id, email_tok"
             "ens.RESET_PASSWORD))\n",
             ""),
]  # fmt: skip

MUTATIONS = [*SESS, *OAUTH]
