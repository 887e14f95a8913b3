package dev.greenroom.net.server;

import dev.greenroom.data.Json;
import dev.greenroom.net.http.HttpHeader;
import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.net.http.ResponseHead;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.Refusal;
import dev.greenroom.session.Refusal.NoSlotReason;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.WorkerId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;

/// Maps refusals to HTTP responses; the only place that does.
public final class RefusalResponses {
    /// Lists the available versions in a 428, for a proxy to read.
    public static final String VERSIONS_HEADER = "X-Greenroom-Versions";

    private static final String NO_SLOT = "no available servers";
    private static final String OPTION_REFUSED = "launch option refused";
    private static final String TOKEN_HINT = "this grid wants a token, and none that it knows was sent; send one as the"
            + " header Authorization: Bearer <token>, or in the address: ?token=<token>";
    private static final String REGISTRY_HINT =
            "Redis does not answer the proxy; running sessions go on. Try again after"
                    + " Retry-After. If it lasts, start Redis or correct REDIS_URL: 'greenroom doctor' and the proxy's log, with code"
                    + " REDIS_UNREACHABLE, say what is wrong.";
    private static final String ENDED = "session ended";
    private static final String ENDED_HINT = "the browser of this address is gone, with its session; for a new one, ask"
            + " /json/version for another address, or connect to /cdp";
    private static final String NO_TARGET = "no such target";
    private static final String NO_TARGET_HINT =
            "addresses of browsers are /devtools/browser/<id>, as /json/version gives"
                    + " them; addresses of pages are /devtools/page/<target>?cdp=<id>, with the id of their browser";
    private static final int RETRY_AFTER_SECONDS = 1;
    private static final int BOX_WIDTH = 76;

    /// The first version whose driver package has no dependencies.
    private static final PlaywrightVersion OLDEST = new PlaywrightVersion(1, 22);

    private RefusalResponses() {}

    private record Body(String error, String detail) {}

    private record OptionBody(String error, String option, String detail) {}

    private record BrowserBody(String error, List<String> allowed) {}

    private record SlotBody(String error, String reason, String hint) {}

    private record ShortageBody(String error, String reason, String hint, int slots, long waitedSeconds) {}

    private record HostBody(String error, String host, String hint) {}

    private record OriginBody(String error, String origin, String hint) {}

    private record ErrorBody(String error) {}

    private record HintBody(String error, String hint) {}

    private record ScopeBody(String error, String scope) {}

    /// The response to a refused client.
    public static HttpResponse answer(Refusal refusal) {
        return switch (refusal) {
            case Refusal.BadRequest(var detail) -> json(400, new Body("bad request", detail));
            case Refusal.RefusedOption(var option, var why) -> json(400, new OptionBody(OPTION_REFUSED, option, why));
            case Refusal.UnknownBrowser() ->
                json(400, new BrowserBody("invalid browser type", BrowserType.wireNames()));
            case Refusal.ForeignOrigin(var origin) ->
                json(403, new OriginBody("origin not allowed", origin, originHint(origin)));
            case Refusal.ForeignHost(var host, var withTokens) ->
                json(403, new HostBody("host not allowed", host, hostHint(host, withTokens)));
            case Refusal.Unauthorized() ->
                json(401, new HintBody("unauthorized", TOKEN_HINT))
                        .with("WWW-Authenticate", "Basic realm=\"greenroom\", charset=\"UTF-8\"")
                        .with("WWW-Authenticate", "Bearer realm=\"greenroom\"");
            case Refusal.TooManyFailures(var seconds) ->
                later(json(429, new ErrorBody("too many failed attempts")), seconds);
            case Refusal.ScopeMissing(var scope) -> json(403, new ScopeBody("token not good for this", scope));
            case Refusal.QuotaExceeded(var seconds) -> later(json(429, new ErrorBody("quota exceeded")), seconds);
            case Refusal.NoVersion(var wanted, var available) ->
                HttpResponse.text(428, "text/plain; charset=utf-8", box(wanted, available))
                        .with(VERSIONS_HEADER, listed(available, ","));
            case Refusal.NoSlot(var reason, var shortage) -> later(json(503, noSlot(reason, shortage)));
            case Refusal.SessionEnded() -> json(410, new HintBody(ENDED, ENDED_HINT));
            case Refusal.UnknownTarget() -> json(404, new HintBody(NO_TARGET, NO_TARGET_HINT));
            case Refusal.RegistryUnavailable() -> later(json(503, new HintBody("registry unavailable", REGISTRY_HINT)));
            case Refusal.Draining() -> later(json(503, new ErrorBody("draining")));
            case Refusal.ClientLeft() -> json(400, new ErrorBody("client left"));
        };
    }

    private static Object noSlot(NoSlotReason reason, Optional<Refusal.Shortage> shortage) {
        return shortage.<Object>map(it -> new ShortageBody(
                        NO_SLOT,
                        reason.words(),
                        reason == NoSlotReason.NO_WORKERS ? noWorkers(it) : reason.hint(),
                        it.slots(),
                        it.waited().toSeconds()))
                .orElseGet(() -> new SlotBody(NO_SLOT, reason.words(), reason.hint()));
    }

    private static String noWorkers(Refusal.Shortage shortage) {
        var wanted = shortage.wanted().wireName();
        var served = shortage.served().stream().map(BrowserType::wireName).collect(Collectors.joining(" and "));
        return "No worker of " + wanted + " came for as long as WORKER_SELECT_TIMEOUT lets a client wait; "
                + (served.isEmpty() ? "no worker is registered at all" : "the workers of this grid serve " + served)
                + ". Start a worker with BROWSER_TYPE=" + wanted
                + (served.isEmpty() ? "." : ", or ask for " + served.replace(" and ", " or ") + ".");
    }

    /// Reads the answer of a worker that a proxy hands on to its client; empty when it is another.
    public static Optional<Refusal> read(int status, String body) {
        try {
            var node = Json.mapper().readTree(body);
            if (status == 400 && node.path("error").asString("").equals(OPTION_REFUSED)) {
                return Optional.of(new Refusal.RefusedOption(
                        node.path("option").asString(""), node.path("detail").asString("")));
            }
            var error = node.path("error").asString("");
            if (status == 410 && error.equals(ENDED)) {
                return Optional.of(new Refusal.SessionEnded());
            }
            if (status == 404 && error.equals(NO_TARGET)) {
                return Optional.of(new Refusal.UnknownTarget());
            }
            return status == 503 && node.path("reason").asString("").equals(NoSlotReason.PREPARING.words())
                    ? Optional.of(new Refusal.NoSlot(NoSlotReason.PREPARING))
                    : Optional.empty();
        } catch (JacksonException _) {
            return Optional.empty();
        }
    }

    private static String hostHint(String host, boolean withTokens) {
        if (host.isEmpty()) {
            return "the Host of the request is not a host name";
        }
        return "put " + host + " into ALLOWED_HOSTS of the proxy" + (withTokens ? "" : ", or give it AUTH_TOKENS");
    }

    private static String originHint(String origin) {
        return "web pages may not do this; a page of yours may, once ALLOWED_ORIGINS of the proxy has its origin"
                + (origin.isEmpty() ? "" : ", " + origin);
    }

    private static HttpResponse json(int status, Object body) {
        return HttpResponse.json(status, Json.mapper().writeValueAsString(body));
    }

    private static HttpResponse later(HttpResponse answer) {
        return later(answer, RETRY_AFTER_SECONDS);
    }

    private static HttpResponse later(HttpResponse answer, int seconds) {
        return answer.with("Retry-After", Integer.toString(seconds));
    }

    /// Playwright prints this box to its user, so it says what to do.
    private static String box(PlaywrightVersion wanted, List<PlaywrightVersion> available) {
        var versions = available.isEmpty() ? "none" : listed(available, ", ");
        var lines = new ArrayList<>(List.of(
                "Playwright version mismatch:",
                "  - server version: " + versions,
                "  - client version: v" + wanted,
                ""));
        lines.addAll(
                wanted.compareTo(OLDEST) < 0
                        ? List.of("Greenroom serves Playwright from " + OLDEST + " on. Use one of the versions above.")
                        : List.of(
                                "This grid cannot serve your version: there is no such release, its driver",
                                "could not be fetched, or it does not work with the browser there. Either",
                                "use one of the versions above, or give the workers access to an npm",
                                "registry (NPM_CONFIG_REGISTRY) and PLAYWRIGHT_VERSIONS=any; their logs say",
                                "what is wrong."));
        var edge = "═".repeat(BOX_WIDTH);
        return lines.stream()
                .map(line -> "║ " + line + " ".repeat(Math.max(0, BOX_WIDTH - 1 - line.length())) + "║\n")
                .collect(Collectors.joining("", "╔" + edge + "╗\n", "╚" + edge + "╝"));
    }

    private static String listed(List<PlaywrightVersion> versions, String separator) {
        return versions.stream()
                .map(version -> separator.equals(",") ? version.toString() : "v" + version)
                .collect(Collectors.joining(separator));
    }

    /// Response headers that a Playwright client logs: with `DEBUG=pw:browser`, and in the call log of the
    /// error that a failed connect throws.
    public static final class ClientLog {
        /// Clients compare this name case-sensitively, so it must be lower case. They log each such header
        /// as one line.
        private static final String FIELD = "x-playwright-debug-log";

        /// From a worker to its proxy: launch options that do not apply to the worker's browsers.
        private static final String IGNORED_FIELD = "X-Greenroom-Ignored-Options";

        private static final int MAX_IGNORED_CHARS = 2000;

        private ClientLog() {}

        /// The headers of a client's 101.
        ///
        /// @param ignored names of launch options, safe in a header value
        public static List<HttpHeader> connected(SessionId session, WorkerId worker, List<String> ignored) {
            List<HttpHeader> fields = new ArrayList<>();
            fields.add(new HttpHeader(FIELD, "greenroom: session " + session + " on worker " + worker));
            if (!ignored.isEmpty()) {
                fields.add(new HttpHeader(FIELD, "greenroom: ignored launch options: " + String.join(", ", ignored)));
            }
            return fields;
        }

        /// Adds the header to the response of a refused upgrade.
        static HttpResponse refused(HttpResponse answer, SessionId session) {
            return answer.with(FIELD, "greenroom: session " + session + " refused");
        }

        /// The header of a worker's 101 to a proxy; empty when no option was ignored.
        ///
        /// @param names safe in a header value
        public static Optional<HttpHeader> ignoredByWorker(List<String> names) {
            return names.isEmpty()
                    ? Optional.empty()
                    : Optional.of(new HttpHeader(IGNORED_FIELD, String.join(", ", names)));
        }

        /// Reads the ignored options from a worker's 101. Removes characters that are unsafe in a client's
        /// header, because a worker is not trusted with those.
        public static List<String> ignoredByWorker(ResponseHead answer) {
            return answer.header(IGNORED_FIELD)
                    .filter(names -> names.length() <= MAX_IGNORED_CHARS)
                    .map(names ->
                            List.of(names.replaceAll("[^A-Za-z0-9._, -]", "?").split(", ")))
                    .orElse(List.of());
        }
    }
}
