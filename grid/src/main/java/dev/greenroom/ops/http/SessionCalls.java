package dev.greenroom.ops.http;

import dev.greenroom.ops.http.RouteTable.Call;
import dev.greenroom.registry.LiveSession;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.SessionList;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.WorkerId;
import dev.greenroom.wire.Answer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/// The sessions of the whole grid, to be listed and ended; and workers, to be drained. What throws because the registry
/// is silent is answered by who calls.
final class SessionCalls {
    private static final int USUAL_PAGE = 100;
    private static final Answer NO_SUCH_SESSION = Json.error(404, "no such session");
    private static final Answer NO_SUCH_WORKER = Json.error(404, "no such worker");

    private final Registry registry;
    private final InstantSource clock;

    SessionCalls(Registry registry, InstantSource clock) {
        this.registry = registry;
        this.clock = clock;
    }

    /// @param tenant the name of the client's token; empty where there are no tokens
    /// @param playwright the client's version, or empty
    /// @param ageSeconds since its client asked, by the clocks of two machines, so never below 0
    /// @param idleSeconds since its client sent the last call; null while its proxy has not said so, 5 s at most
    record Session(
            String id,
            String browser,
            String worker,
            String proxy,
            String tenant,
            String playwright,
            String remote,
            Instant startedAt,
            long ageSeconds,
            Optional<Long> idleSeconds) {}

    /// @param next what to give as `after` for the next page; empty on the last one
    record Sessions(List<Session> sessions, String next) {}

    private record Ordered(String id, String status) {}

    void on(RouteTable table) {
        table.get("/v1/sessions", this::list);
        table.get("/v1/sessions/{id}", this::one);
        table.on("DELETE", "/v1/sessions/{id}", this::end);
        table.on("POST", "/v1/workers/{id}/drain", this::drain);
    }

    private Answer list(Call call) {
        var limit = call.number("limit", USUAL_PAGE, 1, SessionList.MAX_PAGE);
        if (limit.isEmpty()) {
            return Json.error(400, "limit must be a whole number, 1 to " + SessionList.MAX_PAGE);
        }
        var after = call.head().query("after");
        if (after.isPresent() && after.flatMap(SessionId::of).isEmpty()) {
            return Json.error(400, "after must be the id of a session: the \"next\" of the page before");
        }
        var page = registry.sessions().page(limit.get(), after.flatMap(SessionId::of));
        return Json.answer(
                200,
                new Sessions(
                        page.sessions().stream().map(this::session).toList(),
                        page.next().map(SessionId::toString).orElse("")));
    }

    private Answer one(Call call) {
        return SessionId.of(call.id())
                .flatMap(registry.sessions()::find)
                .map(session -> Json.answer(200, session(session)))
                .orElse(NO_SUCH_SESSION);
    }

    private Answer end(Call call) {
        var session = SessionId.of(call.id());
        if (session.isEmpty() || !registry.sessions().end(session.get())) {
            return NO_SUCH_SESSION;
        }
        return Json.answer(202, new Ordered(session.get().toString(), "ending"));
    }

    private Answer drain(Call call) {
        var worker = WorkerId.of(call.id());
        if (worker.isEmpty() || !registry.orderShutdown(worker.get())) {
            return NO_SUCH_WORKER;
        }
        return Json.answer(202, new Ordered(worker.get().toString(), "draining"));
    }

    private Session session(LiveSession session) {
        var age = Duration.between(session.startedAt(), clock.instant());
        return new Session(
                session.session().toString(),
                session.browser().wireName(),
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
