package dev.greenroom.registry.redis;

import static dev.greenroom.registry.RegistryFixtures.beat;
import static dev.greenroom.registry.RegistryFixtures.request;
import static dev.greenroom.registry.RegistryFixtures.session;
import static dev.greenroom.registry.RegistryFixtures.waits;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.registry.Registry.Acquisition.Granted;
import dev.greenroom.registry.Registry.KeptPlaces;
import dev.greenroom.registry.Registry.SlotRequest;
import dev.greenroom.registry.RegistryFixtures;
import dev.greenroom.session.SessionId;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// The queue of two proxies.
@Tag("check")
final class RedisWaitQueueIT {
    @RegisterExtension
    static final RedisTest redis = new RedisTest();

    private final RedisRegistry one = redis.registry(1, 100_000);
    private final RedisRegistry two = redis.registry(1, 100_000);

    @Test
    void notifications_alone_serve_sessions_of_two_proxies_in_order() {
        one.heartbeat(beat("a"));
        var first = ((Granted) one.acquire(request())).session();
        var line = IntStream.range(0, 50).mapToObj(_ -> request()).toList();
        Map<SessionId, SlotRequest> ofOne = every(line, 0);
        Map<SessionId, SlotRequest> ofTwo = every(line, 1);
        Queue<SessionId> served = new ConcurrentLinkedQueue<>();
        one.onTurn(session -> serve(one, ofOne, session, served));
        two.onTurn(session -> serve(two, ofTwo, session, served));
        await().until(() ->
                redis.cli("CLIENT", "LIST", "TYPE", "PUBSUB").lines().count() == 2);
        one.keepPlaces("one", List.of());
        two.keepPlaces("two", List.of());
        line.forEach(request -> {
            var ofFirst = ofOne.containsKey(request.session());
            (ofFirst ? one : two).enqueue(ofFirst ? "one" : "two", request, Duration.ZERO);
        });

        one.release(List.of(first));

        await().untilAsserted(() -> assertThat(served)
                .containsExactlyElementsOf(
                        line.stream().map(SlotRequest::session).toList()));
    }

    @Test
    void one_small_call_refreshes_ten_thousand_places() {
        one.heartbeat(beat("a"));
        one.acquire(request());
        one.keepPlaces("one", List.of());
        var line = Stream.generate(RegistryFixtures::request).limit(10_000).toList();
        for (var from = 0; from < line.size(); from += 500) {
            one.restorePlaces("one", waits(line.subList(from, from + 500)));
            one.keepPlaces("one", List.of());
        }
        redis.cli("CONFIG", "RESETSTAT");

        // What a proxy does each second.
        var kept = one.keepPlaces("one", line.subList(0, 50));

        assertThat(kept).isEqualTo(new KeptPlaces(false, List.of(), List.of()));
        assertThat(redis.cli("ZCARD", "grid:queue:chromium")).isEqualTo("10000");
        assertThat(scriptCalls()).isEqualTo(1);
    }

    @Test
    void ten_thousand_places_of_a_dead_proxy_do_not_block_the_queue_for_long() {
        one.heartbeat(beat("a"));
        redis.cli("EVAL", """
                local t = redis.call('TIME')
                local micros = tonumber(t[1]) * 1000000
                redis.call('ZADD', 'grid:queue-proxies', micros / 1000 - 1000, 'dead')
                for n = 1, 10000 do
                  local session = string.format('00000000-0000-7000-8000-%012d', n)
                  redis.call('ZADD', 'grid:queue:chromium', micros - 60000000 + n, session)
                  redis.call('HSET', 'grid:request:chromium', session, '||dead')
                end
                """, "0");
        var alive = request();
        one.keepPlaces("one", List.of());
        one.enqueue("one", alive, Duration.ZERO);

        var calls = 2;
        while (!(one.acquire(alive) instanceof Granted)) {
            one.keepPlaces("one", List.of());
            calls += 2;
        }

        assertThat(calls).as("calls until the line is clear").isLessThan(15);
        assertThat(redis.cli("ZCARD", "grid:queue:chromium")).isEqualTo("0");
        assertThat(redis.cli("HLEN", "grid:wish:chromium")).isEqualTo("0");
    }

    @Test
    void places_without_a_request_do_not_block_the_queue() {
        one.heartbeat(beat("a"));
        for (var n = 0; n < 300; n++) {
            redis.cli(
                    "ZADD",
                    "grid:queue:chromium",
                    Integer.toString(n),
                    session().toString());
        }

        await().until(() -> {
            one.keepPlaces("one", List.of());
            return one.acquire(request()) instanceof Granted;
        });
        assertThat(redis.cli("ZCARD", "grid:queue:chromium")).isEqualTo("0");
    }

    @Test
    void queue_keys_expire_with_their_proxies() {
        one.keepPlaces("one", List.of());
        one.enqueue("one", request(), Duration.ZERO);

        for (var key : List.of("grid:queue:chromium", "grid:wish:chromium", "grid:queue-proxies")) {
            assertThat(Integer.parseInt(redis.cli("PTTL", key))).as(key).isPositive();
        }
    }

    private static Map<SessionId, SlotRequest> every(List<SlotRequest> line, int remainder) {
        return IntStream.range(0, line.size())
                .filter(n -> n % 2 == remainder)
                .mapToObj(line::get)
                .collect(Collectors.toConcurrentMap(SlotRequest::session, Function.identity()));
    }

    /// A session that ends as soon as it began. A hint must not block, so it is served on a thread of its
    /// own.
    private static void serve(
            RedisRegistry registry, Map<SessionId, SlotRequest> own, SessionId session, Queue<SessionId> served) {
        var request = own.get(session);
        if (request != null) {
            Thread.ofVirtual().start(() -> {
                if (registry.acquire(request) instanceof Granted && own.remove(session) != null) {
                    served.add(session);
                    registry.release(List.of(session));
                }
            });
        }
    }

    private static long scriptCalls() {
        var calls = Pattern.compile("cmdstat_evalsha:calls=(\\d+)").matcher(redis.cli("INFO", "commandstats"));
        return calls.find() ? Long.parseLong(calls.group(1)) : 0;
    }
}
