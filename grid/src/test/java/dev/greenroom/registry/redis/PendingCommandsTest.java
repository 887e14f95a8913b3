package dev.greenroom.registry.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PendingCommandsTest {
    private static final long PATIENCE_SECONDS = 20;
    private static final Duration OFTEN = Duration.ofMillis(20);

    /// What the reader is to do while it has no processor.
    private final BlockingQueue<Runnable> notRead = new LinkedBlockingQueue<>();

    private volatile boolean starved;
    private final PendingCommands pending = new PendingCommands(List.of(task -> {
        if (starved) {
            notRead.add(task);
        } else {
            task.run();
        }
    }));
    private final long began = System.nanoTime();

    @BeforeEach
    void start() {
        pending.start();
    }

    @AfterEach
    void close() {
        pending.close();
    }

    @Test
    void all_calls_to_a_silent_server_time_out_together() throws Exception {
        var heard = new AtomicLong(began);
        var first = call(heard);
        var second = call(heard);

        for (var reply : List.of(first, second)) {
            assertThatThrownBy(() -> reply.get(PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .cause()
                    .isInstanceOf(TimeoutException.class);
        }
        assertThat(since(began)).isGreaterThanOrEqualTo(PendingCommands.SILENCE);
    }

    @Test
    void a_call_to_a_server_that_answers_others_times_out_later() throws Exception {
        var heard = new AtomicLong(began);
        var last = call(heard);
        await().pollInterval(OFTEN).until(() -> {
            assertThat(call(heard).complete(List.of())).isTrue();
            return since(began).compareTo(PendingCommands.LONGEST.dividedBy(2)) > 0;
        });

        assertThat(last).isNotDone();
        awaitEnd(last, heard);
        assertThatThrownBy(last::get).cause().isInstanceOf(PendingCommands.OverloadedException.class);
    }

    @Test
    void replies_that_no_event_loop_has_read_yet_are_no_silence() throws Exception {
        var reply = call(new AtomicLong(began));
        starved = true;
        while (since(began).compareTo(PendingCommands.SILENCE.multipliedBy(2)) < 0) {
            assertThat(notRead.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isNotNull();
        }

        assertThat(reply).isNotDone();
        starved = false;
        assertThatThrownBy(() -> reply.get(PATIENCE_SECONDS, TimeUnit.SECONDS))
                .cause()
                .isInstanceOf(TimeoutException.class);
    }

    @Test
    void the_silence_of_one_server_does_not_count_for_another() throws Exception {
        var silent = call(new AtomicLong(began));
        var heard = new AtomicLong(began);
        var patient = call(heard);
        awaitEnd(silent, heard);

        assertThat(silent).isCompletedExceptionally();
        assertThat(patient).isNotDone();
    }

    /// While a server answers others.
    private void awaitEnd(CompletableFuture<List<Object>> reply, AtomicLong heard) {
        await().pollInterval(OFTEN).until(() -> {
            call(heard).complete(List.of());
            return reply.isDone();
        });
    }

    private CompletableFuture<List<Object>> call(AtomicLong heard) {
        var reply = new CompletableFuture<List<Object>>();
        var _ = pending.add(heard, reply);
        return reply;
    }

    private static Duration since(long nanos) {
        return Duration.ofNanos(System.nanoTime() - nanos);
    }
}
