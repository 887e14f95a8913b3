package dev.greenroom.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.registry.VirtualClock;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class DnsCacheTest {
    private static final List<InetAddress> TWO = List.of(address(1), address(2));

    private final VirtualClock clock = new VirtualClock();
    private final CountDownLatch over = new CountDownLatch(1);
    private final AtomicInteger asked = new AtomicInteger();
    private volatile boolean failing;
    private volatile boolean hanging;
    private final DnsCache dnsCache = new DnsCache(this::answer, clock);

    private static InetAddress address(int last) {
        try {
            return InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) last});
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    private List<InetAddress> answer(String name) throws UnknownHostException {
        asked.incrementAndGet();
        if (hanging) {
            try {
                assertThat(over.await(30, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        }
        if (failing) {
            throw new UnknownHostException(name);
        }
        return TWO;
    }

    @AfterEach
    void close() {
        over.countDown();
        dnsCache.close();
    }

    @Test
    void FR11_all_addresses_of_a_name_are_returned() throws Exception {
        assertThat(dnsCache.resolve("worker")).isEqualTo(TWO);
    }

    @Test
    void FR11_the_last_good_answer_stands_in_for_a_minute_when_the_name_service_fails() throws Exception {
        dnsCache.resolve("worker");
        failing = true;

        clock.pass(Duration.ofSeconds(60));
        var within = dnsCache.resolve("worker");
        clock.pass(Duration.ofSeconds(1));
        var after = dnsCache.resolve("worker");

        assertThat(within).isEqualTo(TWO);
        assertThat(after).isEmpty();
    }

    @Test
    void FR11_a_name_service_that_hangs_costs_a_second_and_the_last_good_answer_is_taken() throws Exception {
        dnsCache.resolve("worker");
        hanging = true;

        var known = dnsCache.resolve("worker");

        assertThat(known).isEqualTo(TWO);
        assertThat(over.getCount()).as("the lookup hangs still").isOne();
    }

    @Test
    void a_client_that_leaves_does_not_cancel_the_lookup_for_others() throws Exception {
        hanging = true;
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var first = threads.submit(() -> dnsCache.resolve("worker"));
            await().until(() -> asked.get() == 1);
            var waits = new AtomicReference<Thread>();
            var second = threads.submit(() -> {
                waits.set(Thread.currentThread());
                return dnsCache.resolve("worker");
            });
            await().until(() -> waits.get() != null && waits.get().getState() == Thread.State.TIMED_WAITING);

            first.cancel(true);
            over.countDown();

            assertThat(second.get()).isEqualTo(TWO);
            assertThat(asked).hasValue(1);
        }
    }

    @Test
    void FR11_lookups_that_hang_are_one_for_a_name_and_sixteen_in_all() throws Exception {
        hanging = true;
        List<Callable<List<InetAddress>>> clients = IntStream.range(0, 200)
                .<Callable<List<InetAddress>>>mapToObj(n -> () -> dnsCache.resolve("worker-" + n % 40))
                .toList();

        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var answer : threads.invokeAll(clients)) {
                assertThat(answer.get()).isEmpty();
            }
        }
        var whileHanging = asked.get();
        over.countDown();

        assertThat(whileHanging).isEqualTo(16);
        await("those in line").until(() -> asked.get() == 40);
    }
}
