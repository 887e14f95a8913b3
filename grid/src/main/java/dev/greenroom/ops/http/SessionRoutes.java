package dev.greenroom.ops.http;

import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.ops.http.RouteTable.RouteRequest;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.SessionList;
import dev.greenroom.registry.SessionList.LiveSession;
import dev.greenroom.registry.SessionList.SessionPage;
import dev.greenroom.session.ApiCaller;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/// Routes that list and end sessions, as far as the client of the API may see them, and drain workers. The caller
/// handles exceptions of
/// a registry that does not answer.
final class SessionRoutes {
    private static final int USUAL_PAGE = 100;

    /// The most pages that one request with a filter reads: 10,000 sessions.
    private static final int MAX_READS = 20;

    private static final HttpResponse NO_SUCH_SESSION = ApiJson.error(404, "no such session");
    private static final HttpResponse NO_SUCH_WORKER = ApiJson.error(404, "no such worker");

    private final Registry registry;
    private final InstantSource clock;

    SessionRoutes(Registry registry, InstantSource clock) {
        this.registry = registry;
        this.clock = clock;
    }

    /// @param tenant name of the token of the client; empty without tokens
    /// @param name what the client calls it; may be empty
    /// @param protocol `playwright` or `cdp`
    /// @param playwright version of the client, or empty
    /// @param ageSeconds since the request of the client, by the clocks of two machines, and never below 0
    /// @param idleSeconds since the last call of the client; null until its proxy has reported it, 5 s at most
    record SessionBody(
            String id,
            String name,
            Map<String, String> labels,
            String browser,
            String protocol,
            String worker,
            String proxy,
            String tenant,
            String playwright,
            String remote,
            Instant startedAt,
            long ageSeconds,
            Optional<Long> idleSeconds) {}

    /// @param next value of `after` for the next page; empty on the last page
    record SessionListBody(List<SessionBody> sessions, String next) {}

    private record OrderBody(String id, String status) {}

    void on(RouteTable table) {
        table.get("/v1/sessions", this::list);
        table.get("/v1/sessions/{id}", this::one);
        table.on("DELETE", "/v1/sessions/{id}", this::end);
        table.on("POST", "/v1/workers/{id}/drain", this::drain);
    }

    private HttpResponse list(RouteRequest call) {
        var limit = call.number("limit", USUAL_PAGE, 1, SessionList.MAX_PAGE);
        if (limit.isEmpty()) {
            return ApiJson.error(400, "limit must be a whole number, 1 to " + SessionList.MAX_PAGE);
        }
        var after = call.head().query("after");
        if (after.isPresent() && after.flatMap(SessionId::of).isEmpty()) {
            return ApiJson.error(400, "after must be the id of a session: the \"next\" of the page before");
        }
        SessionFilter filter;
        try {
            filter = SessionFilter.of(call.head());
        } catch (IllegalArgumentException e) {
            return ApiJson.error(400, String.valueOf(e.getMessage()));
        }
        var caller = ApiCaller.current();
        var page = filter.isEmpty() && caller.seesAll()
                ? registry.sessions().page(limit.get(), after.flatMap(SessionId::of))
                : filtered(
                        session -> caller.sees(session.client().tenant()) && filter.matches(session),
                        limit.get(),
                        after.flatMap(SessionId::of));
        return ApiJson.answer(
                200,
                new SessionListBody(
                        page.sessions().stream().map(this::session).toList(),
                        page.next().map(SessionId::toString).orElse("")));
    }

    /// Looks through the list until a page is full. A page is shorter when that takes too many reads; the next
    /// one goes on from there.
    private SessionPage filtered(Predicate<LiveSession> wanted, int limit, Optional<SessionId> after) {
        List<LiveSession> found = new ArrayList<>();
        var from = after;
        for (var reads = 0; reads < MAX_READS; reads++) {
            var page = registry.sessions().page(SessionList.MAX_PAGE, from);
            for (var session : page.sessions()) {
                if (wanted.test(session)) {
                    if (found.size() == limit) {
                        return new SessionPage(
                                found, Optional.of(found.getLast().session()));
                    }
                    found.add(session);
                }
            }
            from = page.next();
            if (from.isEmpty()) {
                break;
            }
        }
        return new SessionPage(found, from);
    }

    private HttpResponse one(RouteRequest call) {
        return SessionId.of(call.id())
                .flatMap(registry.sessions()::find)
                .filter(session -> ApiCaller.current().sees(session.client().tenant()))
                .map(session -> ApiJson.answer(200, session(session)))
                .orElse(NO_SUCH_SESSION);
    }

    private HttpResponse end(RouteRequest call) {
        var session = SessionId.of(call.id());
        if (session.isEmpty() || !registry.sessions().end(session.get())) {
            return NO_SUCH_SESSION;
        }
        return ApiJson.answer(202, new OrderBody(session.get().toString(), "ending"));
    }

    private HttpResponse drain(RouteRequest call) {
        var worker = WorkerId.of(call.id());
        if (worker.isEmpty() || !registry.orderShutdown(worker.get())) {
            return NO_SUCH_WORKER;
        }
        return ApiJson.answer(202, new OrderBody(worker.get().toString(), "draining"));
    }

    private SessionBody session(LiveSession session) {
        var age = Duration.between(session.startedAt(), clock.instant());
        return new SessionBody(
                session.session().toString(),
                session.client().labels().name(),
                session.client().labels().labels(),
                session.browser().wireName(),
                session.client().protocol().wireName(),
                session.worker().toString(),
                session.proxy(),
                session.client().tenant(),
                session.client().version().map(PlaywrightVersion::toString).orElse(""),
                session.client().remote(),
                session.startedAt(),
                Math.max(0, age.toSeconds()),
                session.sinceLastCall().map(Duration::toSeconds));
    }
}
