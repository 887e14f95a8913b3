package dev.greenroom.registry.redis;

import dev.greenroom.registry.Enrollment;
import dev.greenroom.registry.Place;
import dev.greenroom.registry.SlotRequest;
import dev.greenroom.registry.Wait;
import dev.greenroom.session.Browser;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
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

    Enrollment enroll(SlotRequest request, Duration waited) {
        var wait = new Wait(request, waited);
        var browser = Stream.of(request.browser().wireName());
        return Replies.enrollment(
                places.ask(Stream.concat(browser, fields(wait)).toList()));
    }

    List<Place> keep(Browser browser, Collection<Wait> waits) {
        return waits.stream()
                .gather(Gatherers.windowFixed(BATCH))
                .map(batch -> scripts.run(
                        Script.KEEP,
                        Stream.concat(
                                Stream.of(browser.wireName()), batch.stream().flatMap(RedisLine::fields))))
                .flatMap(Replies::places)
                .toList();
    }

    void abandon(Browser browser, Collection<SessionId> sessions) {
        scripts.runInBatches(Script.ABANDON, List.of(browser.wireName()), sessions);
    }

    private static Stream<String> fields(Wait wait) {
        var wish = wait.wish();
        var excluded = wish.excluded().stream().map(WorkerId::toString).toList();
        return Stream.of(
                wish.session().toString(),
                wish.version().map(Object::toString).orElse("") + "|" + String.join(",", excluded),
                Long.toString(wait.waited().toMillis()));
    }
}
