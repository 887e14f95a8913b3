package dev.greenroom.registry.redis;

import dev.greenroom.data.Json;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.SessionList;
import dev.greenroom.registry.SessionList.LiveSession;
import dev.greenroom.schedule.Subscription;
import dev.greenroom.session.ClientProtocol;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.SessionLabels;
import dev.greenroom.session.WorkerEndpoint;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Gatherers;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;

/// The list of sessions in Redis: `grid:session:<id>` is a hash for each session, `grid:sessions` has their
/// ids in order, and `grid:ending` those that have to end. `grid:cdp:<digest>` says where the browser of a CDP
/// session is, by the digest of its secret id. `grid:ended` has the ids of sessions that have ended, and
/// `grid:ended:<id>` what became of each.
final class RedisSessionList implements SessionList {
    private final GridScripts scripts;
    private final RedisNotifications notifications;

    RedisSessionList(GridScripts scripts, RedisNotifications notifications) {
        this.scripts = scripts;
        this.notifications = notifications;
    }

    @Override
    public void describe(Collection<LiveSession> sessions) {
        scripts.runInBatches(RedisScript.DESCRIBE, sessions, RedisSessionList::fields);
    }

    private static Stream<String> fields(LiveSession session) {
        var own = Stream.of(
                session.session().toString(),
                session.worker().toString(),
                session.proxy(),
                Long.toString(session.startedAt().toEpochMilli()),
                session.client().version().map(PlaywrightVersion::toString).orElse(""));
        return Stream.concat(own, clientFields(Optional.of(session.client())));
    }

    /// What the scripts are told of a client, in their order.
    static Stream<String> clientFields(Optional<LiveSession.Client> client) {
        return Stream.<Function<LiveSession.Client, String>>of(
                        LiveSession.Client::remote,
                        LiveSession.Client::tenant,
                        it -> it.protocol().wireName(),
                        it -> it.labels().name(),
                        it -> it.labels().labelText())
                .map(field -> client.map(field).orElse(""));
    }

    @Override
    public void called(Map<SessionId, Duration> sinceLastCall) {
        scripts.runInBatches(
                RedisScript.CALLED,
                sinceLastCall.entrySet(),
                call -> Stream.of(
                        call.getKey().toString(), Long.toString(call.getValue().toMillis())));
    }

    @Override
    public SessionPage page(int limit, Optional<SessionId> after) {
        return read(
                Math.clamp(limit, 1, MAX_PAGE), after.map(last -> "(" + last).orElse("-"), "+");
    }

    @Override
    public Optional<LiveSession> find(SessionId session) {
        return read(1, "[" + session, "[" + session).sessions().stream().findFirst();
    }

    private SessionPage read(int limit, String first, String last) {
        return ScriptReplies.sessions(
                scripts.run(RedisScript.SESSIONS, Stream.of(Integer.toString(limit), first, last)));
    }

    @Override
    public boolean end(SessionId session) {
        return ScriptReplies.number(scripts.run(RedisScript.END, Stream.of(session.toString()))) == 1;
    }

    @Override
    public void keepEnded(Collection<EndedSession> sessions, Duration keep, int most) {
        for (var batch : sessions.stream()
                .gather(Gatherers.windowFixed(Registry.MAX_BATCH))
                .toList()) {
            scripts.run(
                    RedisScript.ENDED,
                    Stream.concat(
                            Stream.of(Long.toString(keep.toMillis()), Integer.toString(most)),
                            batch.stream()
                                    .flatMap(ended ->
                                            Stream.of(ended.session().session().toString(), EndedText.of(ended)))));
        }
    }

    @Override
    public EndedPage endedPage(int limit, Optional<SessionId> after) {
        var size = Integer.toString(Math.clamp(limit, 1, MAX_PAGE));
        var reply = scripts.run(
                RedisScript.HISTORY,
                Stream.of(size, after.map(SessionId::toString).orElse(""), ""));
        return new EndedPage(
                reply.stream()
                        .skip(1)
                        .flatMap(row -> EndedText.read(String.valueOf(row)).stream())
                        .toList(),
                SessionId.of(ScriptReplies.word(reply, 0)));
    }

    @Override
    public Optional<EndedSession> findEnded(SessionId session) {
        var reply = scripts.run(RedisScript.HISTORY, Stream.of("1", "", session.toString()));
        return reply.stream()
                .skip(1)
                .flatMap(row -> EndedText.read(String.valueOf(row)).stream())
                .findFirst();
    }

    /// What became of a session, as JSON in Redis.
    private record EndedText(
            String session,
            String worker,
            String proxy,
            String playwright,
            String remote,
            String tenant,
            String protocol,
            String name,
            String labels,
            String request,
            long endedAt,
            String ending,
            String closeReason,
            long queueMillis,
            long connectMillis,
            long bytesFromClient,
            long bytesFromWorker) {
        static String of(EndedSession ended) {
            var session = ended.session();
            var client = session.client();
            return Json.mapper()
                    .writeValueAsString(new EndedText(
                            session.session().toString(),
                            session.worker().toString(),
                            session.proxy(),
                            client.version().map(PlaywrightVersion::toString).orElse(""),
                            client.remote(),
                            client.tenant(),
                            client.protocol().wireName(),
                            client.labels().name(),
                            client.labels().labelText(),
                            ended.request(),
                            ended.endedAt().toEpochMilli(),
                            ended.ending(),
                            ended.closeReason(),
                            ended.queued().toMillis(),
                            ended.connecting().toMillis(),
                            ended.bytesFromClient(),
                            ended.bytesFromWorker()));
        }

        /// What somebody else wrote there and breaks the rules counts as missing.
        static Optional<EndedSession> read(String row) {
            try {
                var text = Json.mapper().readValue(row, EndedText.class);
                return SessionId.of(text.session())
                        .flatMap(session -> WorkerId.of(text.worker()).map(worker -> text.ended(session, worker)));
            } catch (JacksonException | IllegalArgumentException | NullPointerException _) {
                return Optional.empty();
            }
        }

        private EndedSession ended(SessionId id, WorkerId worker) {
            var client = new LiveSession.Client(
                    PlaywrightVersion.of(playwright),
                    remote,
                    tenant,
                    ClientProtocol.of(protocol).orElse(ClientProtocol.PLAYWRIGHT),
                    SessionLabels.of(name, labels));
            return new EndedSession(
                    new LiveSession(id, worker, proxy, client),
                    request,
                    Instant.ofEpochMilli(endedAt),
                    ending,
                    closeReason,
                    Duration.ofMillis(queueMillis),
                    Duration.ofMillis(connectMillis),
                    bytesFromClient,
                    bytesFromWorker);
        }
    }

    @Override
    public void addBrowsers(Collection<CdpBrowser> browsers) {
        scripts.runInBatches(
                RedisScript.LINK,
                browsers,
                browser -> Stream.of(browser.digest(), browser.worker() + "|" + browser.session()));
    }

    @Override
    public FoundBrowser findBrowser(String digest) {
        var reply = scripts.run(RedisScript.LOCATE, Stream.of(digest));
        return switch (ScriptReplies.word(reply, 0)) {
            case "unused" -> new FoundBrowser.Unused();
            case "ended" -> new FoundBrowser.Ended();
            default ->
                WorkerId.of(ScriptReplies.word(reply, 1))
                        .flatMap(worker -> WorkerEndpoint.of(ScriptReplies.word(reply, 2))
                                .<FoundBrowser>map(endpoint -> new FoundBrowser.Running(worker, endpoint)))
                        .orElseGet(FoundBrowser.Ended::new);
        };
    }

    @Override
    public Subscription onEnd(Consumer<SessionId> listener) {
        return notifications.onEnd(listener);
    }
}
