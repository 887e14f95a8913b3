package dev.greenroom.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SingleThreadEventLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class WakeupsTest {
    private static final Duration SOON = Duration.ofSeconds(10);

    private final EventLoopGroup loops = Transport.best().newLoops("test", 1);
    private final EventLoop loop = loops.next();
    private final BlockingQueue<Woken> woken = new LinkedBlockingQueue<>();

    private record Woken(int number, Thread by) {}

    @AfterEach
    void close() {
        loops.shutdownGracefully();
    }

    @Test
    void who_is_not_the_loop_wakes_at_once() {
        wake(1);

        assertThat(woken).containsExactly(new Woken(1, Thread.currentThread()));
    }

    @Test
    void the_loop_wakes_one_when_it_has_nothing_else_to_do() throws Exception {
        loop.execute(() -> wake(1));

        var first = next();

        assertThat(first.number()).isEqualTo(1);
        assertThat(first.by().isVirtual()).isFalse();
    }

    @Test
    void the_loop_has_many_woken_by_one_thread_that_is_not_its_own_in_their_order() throws Exception {
        loop.execute(() -> IntStream.range(0, 50).forEach(this::wake));

        var first = next();
        assertThat(first.number()).isZero();
        assertThat(first.by().isVirtual()).isTrue();
        for (var number = 1; number < 50; number++) {
            assertThat(next()).isEqualTo(new Woken(number, first.by()));
        }
    }

    @Test
    void a_loop_that_never_rests_wakes_nevertheless() throws Exception {
        var over = new CountDownLatch(1);
        var given = new AtomicInteger();
        loop.execute(() -> goOn(over, given));

        var seen = new ArrayList<>(List.of(next()));
        over.countDown();
        while (seen.size() < loop.submit(given::get).get()) {
            seen.add(next());
        }

        // Those of one time come in their order, those of the next may overtake them.
        assertThat(seen.stream().map(Woken::number).collect(Collectors.toSet()))
                .isEqualTo(IntStream.rangeClosed(1, seen.size()).boxed().collect(Collectors.toSet()));
        assertThat(seen).as("some were woken together").anyMatch(one -> one.by().isVirtual());
    }

    /// One more each time around.
    private void goOn(CountDownLatch over, AtomicInteger given) {
        if (over.getCount() > 0) {
            ((SingleThreadEventLoop) loop).executeAfterEventLoopIteration(() -> loop.execute(() -> goOn(over, given)));
        }
        wake(given.incrementAndGet());
    }

    @Test
    void a_thread_that_is_interrupted_before_it_is_woken_finds_that_out() throws Exception {
        var threads = new ServingThreads();
        var seen = new LinkedBlockingQueue<List<Boolean>>();
        loop.execute(() -> threads.start(loop, () -> seen.add(List.of(Thread.interrupted())))
                .interrupt());

        assertThat(seen.poll(SOON.toSeconds(), TimeUnit.SECONDS)).containsExactly(true);
    }

    @Test
    void threads_that_were_promised_and_are_not_woken_yet_are_waited_for() throws Exception {
        var threads = new ServingThreads();
        var promised = new CountDownLatch(1);
        var goOn = new CountDownLatch(1);
        var ran = new AtomicInteger();
        loop.execute(() -> {
            threads.start(loop, ran::incrementAndGet);
            promised.countDown();
            waitFor(goOn);
        });
        waitFor(promised);

        var closer = Thread.ofVirtual().start(() -> loop.schedule(goOn::countDown, 0, TimeUnit.SECONDS));
        threads.awaitNone(Duration.ofMillis(50));
        assertThat(ran).as("as long as the loop does not go on").hasValue(0);
        goOn.countDown();
        threads.awaitNone(SOON);

        assertThat(ran).hasValue(1);
        closer.join();
    }

    private static void waitFor(CountDownLatch latch) {
        try {
            assertThat(latch.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void wake(int number) {
        Wakeups.wake(loop, () -> woken.add(new Woken(number, Thread.currentThread())));
    }

    private Woken next() throws InterruptedException {
        var next = woken.poll(SOON.toSeconds(), TimeUnit.SECONDS);
        assertThat(next).as("a wake-up").isNotNull();
        return next;
    }
}
