package dev.greenroom.ops.http;

import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.ops.http.RouteTable.RouteRequest;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.SessionList;
import dev.greenroom.registry.SessionList.EndedSession;
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
            Optional<Long> idleSeconds,
            String state) {}

    /// What became of a session; as [SessionBody] where the names are the same.
    ///
    /// @param request the `X-Request-Id` that its client sent, or empty
    /// @param ending as in the log
    /// @param queueMillis that its client waited for a slot
    /// @param connectMillis from there until its worker had answered
    record EndedBody(
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
            String state,
            String request,
            Instant endedAt,
            String ending,
            String closeReason,
            long durationMillis,
            long queueMillis,
            long connectMillis,
            long bytesFromClient,
            long bytesFromWorker) {}

    /// @param next value of `after` for the next page; empty on the last page
    record EndedListBody(List<EndedBody> sessions, String next) {}

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
        var state = call.head().query("state").orElse("running");
        var request = call.head().query("request").filter(text -> !text.isEmpty());
        if (state.equals("ended")) {
            return ended(filter, request, limit.get(), after.flatMap(SessionId::of));
        }
        if (!state.equals("running")) {
            return ApiJson.error(400, "state must be running or ended");
        }
        if (request.isPresent()) {
            return ApiJson.error(400, "request finds sessions that have ended: add state=ended");
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

    /// All that can be kept is read in as many reads as [#filtered] makes.
    private HttpResponse ended(SessionFilter filter, Optional<String> request, int limit, Optional<SessionId> after) {
        List<EndedBody> found = new ArrayList<>();
        var from = after;
        var last = after;
        for (var reads = 0; reads < MAX_READS; reads++) {
            var page = registry.sessions().endedPage(SessionList.MAX_PAGE, from);
            for (var ended : page.sessions()) {
                if (ApiCaller.current().sees(ended.session().client().tenant())
                        && filter.matches(ended.session())
                        && request.map(ended.request()::equals).orElse(true)) {
                    if (found.size() == limit) {
                        return endedList(found, last);
                    }
                    found.add(ended(ended));
                    last = Optional.of(ended.session().session());
                }
            }
            from = page.next();
            if (from.isEmpty()) {
                break;
            }
        }
        return endedList(found, from);
    }

    private static HttpResponse endedList(List<EndedBody> found, Optional<SessionId> next) {
        return ApiJson.answer(
                200, new EndedListBody(found, next.map(SessionId::toString).orElse("")));
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
        var caller = ApiCaller.current();
        var id = SessionId.of(call.id());
        var running = id.flatMap(registry.sessions()::find);
        if (running.isPresent()) {
            return running.filter(session -> caller.sees(session.client().tenant()))
                    .map(session -> ApiJson.answer(200, session(session)))
                    .orElse(NO_SUCH_SESSION);
        }
        return id.flatMap(registry.sessions()::findEnded)
                .filter(ended -> caller.sees(ended.session().client().tenant()))
                .map(ended -> ApiJson.answer(200, ended(ended)))
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
                session.sinceLastCall().map(Duration::toSeconds),
                "running");
    }

    private static EndedBody ended(EndedSession ended) {
        var session = ended.session();
        return new EndedBody(
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
                "ended",
                ended.request(),
                ended.endedAt(),
                ended.ending(),
                ended.closeReason(),
                Math.max(
                        0,
                        Duration.between(session.startedAt(), ended.endedAt()).toMillis()),
                ended.queued().toMillis(),
                ended.connecting().toMillis(),
                ended.bytesFromClient(),
                ended.bytesFromWorker());
    }
}
