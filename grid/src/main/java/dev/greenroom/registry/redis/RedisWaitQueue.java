package dev.greenroom.registry.redis;

import dev.greenroom.registry.Registry.KeptPlaces;
import dev.greenroom.registry.Registry.QueueEntry;
import dev.greenroom.registry.Registry.QueueWait;
import dev.greenroom.registry.Registry.SlotRequest;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.WorkerId;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Gatherers;
import java.util.stream.Stream;

/// The lines of those who wait, in Redis.
final class RedisWaitQueue {
    private static final int BATCH = 200;

    private final GridScripts gridScripts;
    private final AcquireBatcher places;

    RedisWaitQueue(GridScripts gridScripts) {
        this.gridScripts = gridScripts;
        this.places = new AcquireBatcher(gridScripts, RedisScript.ENROLL);
    }

    QueueEntry enroll(String proxy, QueueWait wait) {
        return ScriptReplies.enrollment(places.ask(fields(proxy, wait).toList()));
    }

    KeptPlaces keep(String proxy, Collection<SlotRequest> checked) {
        return ScriptReplies.keptPlaces(gridScripts.run(
                RedisScript.KEEP,
                Stream.concat(
                        Stream.of(proxy),
                        checked.stream()
                                .flatMap(request -> Stream.of(
                                        request.browser().wireName(),
                                        request.session().toString())))));
    }

    void restore(String proxy, Collection<QueueWait> waits) {
        waits.stream()
                .gather(Gatherers.windowFixed(BATCH))
                .forEach(batch ->
                        gridScripts.run(RedisScript.ENROLL, batch.stream().flatMap(wait -> fields(proxy, wait))));
    }

    void abandon(Collection<SessionId> sessions) {
        gridScripts.runInBatches(RedisScript.ABANDON, List.of(), sessions);
    }

    private static Stream<String> fields(String proxy, QueueWait wait) {
        var request = wait.request();
        var excluded = request.excluded().stream().map(WorkerId::toString).collect(Collectors.joining(","));
        return Stream.of(
                request.browser().wireName(),
                request.session().toString(),
                request.version().map(Object::toString).orElse("") + "|" + excluded + "|" + proxy,
                Long.toString(wait.waited().toMillis()));
    }
}
