package dev.greenroom.registry.redis;

import dev.greenroom.registry.Enrollment;
import dev.greenroom.registry.Registry.KeptPlaces;
import dev.greenroom.registry.SlotRequest;
import dev.greenroom.registry.Wait;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.WorkerId;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Gatherers;
import java.util.stream.Stream;

/// The lines of those who wait, in Redis.
final class RedisLine {
    private static final int BATCH = 200;

    private final Scripts scripts;
    private final Wishes places;

    RedisLine(Scripts scripts) {
        this.scripts = scripts;
        this.places = new Wishes(scripts, Script.ENROLL);
    }

    Enrollment enroll(String proxy, Wait wait) {
        return Replies.enrollment(places.ask(fields(proxy, wait).toList()));
    }

    KeptPlaces keep(String proxy, Collection<SlotRequest> checked) {
        return Replies.keptPlaces(scripts.run(
                Script.KEEP,
                Stream.concat(
                        Stream.of(proxy),
                        checked.stream()
                                .flatMap(wish -> Stream.of(
                                        wish.browser().wireName(),
                                        wish.session().toString())))));
    }

    void restore(String proxy, Collection<Wait> waits) {
        waits.stream()
                .gather(Gatherers.windowFixed(BATCH))
                .forEach(batch -> scripts.run(Script.ENROLL, batch.stream().flatMap(wait -> fields(proxy, wait))));
    }

    void abandon(Collection<SessionId> sessions) {
        scripts.runInBatches(Script.ABANDON, List.of(), sessions);
    }

    private static Stream<String> fields(String proxy, Wait wait) {
        var wish = wait.wish();
        var excluded = wish.excluded().stream().map(WorkerId::toString).collect(Collectors.joining(","));
        return Stream.of(
                wish.browser().wireName(),
                wish.session().toString(),
                wish.version().map(Object::toString).orElse("") + "|" + excluded + "|" + proxy,
                Long.toString(wait.waited().toMillis()));
    }
}
