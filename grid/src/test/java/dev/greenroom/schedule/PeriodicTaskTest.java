package dev.greenroom.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.testkit.LoggedLines;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Isolated;

@Timeout(60)
@Isolated("the log of the JVM")
final class PeriodicTaskTest {
    private static final Duration SOON = Duration.ofMillis(1);
    private static final Duration NEVER = Duration.ofDays(1);

    private final Semaphore runs = new Semaphore(0);

    @Test
    void a_task_goes_on_after_runs_that_throw_and_the_log_names_it_once() throws InterruptedException {
        try (var lines = LoggedLines.of("dev.greenroom.schedule");
                var _ = PeriodicTask.every(SOON, "broken-work", () -> {
                    runs.release();
                    throw new IllegalStateException("a mistake of ours");
                })) {
            runs.acquire(5);

            assertThat(lines.withCode("PERIODIC_TASK_FAILED"))
                    .singleElement()
                    .asString()
                    .startsWith("ERROR Periodic task failed")
                    .contains("broken-work");
        }
    }

    @Test
    void a_task_goes_on_after_an_error_of_the_virtual_machine() throws InterruptedException {
        try (var _ = LoggedLines.of("dev.greenroom.schedule");
                var _ = PeriodicTask.every(SOON, "deep-work", () -> {
                    runs.release();
                    throw new StackOverflowError();
                })) {
            runs.acquire(3);
        }
    }

    @Test
    void two_runs_are_never_under_way_at_once_however_often_a_run_is_asked_for() throws InterruptedException {
        var busy = new AtomicBoolean();
        var overlaps = new AtomicInteger();
        try (var task = PeriodicTask.every(SOON, "slow-work", () -> {
            if (!busy.compareAndSet(false, true)) {
                overlaps.incrementAndGet();
            }
            runs.release();
            Thread.onSpinWait();
            busy.set(false);
        })) {
            for (var i = 0; i < 50; i++) {
                task.runWithin(Duration.ZERO);
                runs.acquire();
            }
        }

        assertThat(overlaps).hasValue(0);
    }

    @Test
    void a_run_can_be_asked_for_before_its_time() throws InterruptedException {
        try (var task = PeriodicTask.every(NEVER, "rare-work", runs::release)) {
            task.runWithin(Duration.ZERO);
            runs.acquire();
            task.runWithin(SOON);
            runs.acquire();
        }
    }

    @Test
    void a_run_that_is_asked_for_during_a_run_follows_it() throws InterruptedException {
        var reached = new CountDownLatch(1);
        var goOn = new Semaphore(0);
        try (var task = PeriodicTask.startingIn(Duration.ZERO, NEVER, "asked-again", () -> {
            reached.countDown();
            goOn.acquireUninterruptibly();
            runs.release();
        })) {
            reached.await();
            task.runWithin(Duration.ZERO);
            goOn.release(2);

            runs.acquire(2);
        }
    }

    @Test
    void the_first_run_may_have_a_delay_of_its_own() throws InterruptedException {
        try (var _ = PeriodicTask.startingIn(Duration.ZERO, NEVER, "at-once", runs::release)) {
            runs.acquire();
        }
    }

    @Test
    void a_run_may_put_the_next_one_off_and_only_a_request_comes_before_that() throws InterruptedException {
        var self = new AtomicReference<PeriodicTask>();
        var known = new CountDownLatch(1);
        try (var task = PeriodicTask.every(SOON, "costly-work", () -> {
            awaitQuietly(known);
            self.get().rest(NEVER);
            runs.release();
        })) {
            self.set(task);
            known.countDown();
            runs.acquire();

            task.runWithin(Duration.ZERO);
            runs.acquire();

            assertThat(runs.availablePermits()).isZero();
        }
    }

    @Test
    void no_run_begins_after_a_close_and_a_close_waits_for_the_run_under_way() throws InterruptedException {
        var reached = new CountDownLatch(1);
        var goOn = new CountDownLatch(1);
        var finished = new AtomicInteger();
        var task = PeriodicTask.startingIn(Duration.ZERO, SOON, "last-work", () -> {
            reached.countDown();
            awaitQuietly(goOn);
            finished.incrementAndGet();
        });
        reached.await();
        var closing = Thread.ofVirtual().start(() -> PeriodicTask.closeAll(List.of(task), Duration.ofSeconds(10)));
        goOn.countDown();
        closing.join();
        task.runWithin(Duration.ZERO);

        assertThat(finished).hasValue(1);
    }

    @Test
    void a_run_that_outlasts_the_patience_of_a_close_is_interrupted() throws InterruptedException {
        var reached = new CountDownLatch(1);
        var interrupted = new CountDownLatch(1);
        var task = PeriodicTask.startingIn(Duration.ZERO, NEVER, "stuck-work", () -> {
            reached.countDown();
            try {
                new Semaphore(0).acquire();
            } catch (InterruptedException _) {
                interrupted.countDown();
            }
        });
        reached.await();

        PeriodicTask.closeAll(List.of(task), SOON);

        interrupted.await();
    }

    @Test
    void a_task_may_close_itself() throws InterruptedException {
        var self = new AtomicReference<PeriodicTask>();
        var known = new CountDownLatch(1);
        var task = PeriodicTask.startingIn(Duration.ZERO, SOON, "once", () -> {
            awaitQuietly(known);
            PeriodicTask.closeAll(List.of(self.get()), NEVER);
            runs.release();
        });
        self.set(task);
        known.countDown();

        runs.acquire();
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
