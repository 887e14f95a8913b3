package dev.greenroom.registry.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.registry.WorkerRecord;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class WorkerListCacheTest {
    private final AtomicLong nanos = new AtomicLong();
    private final AtomicInteger reads = new AtomicInteger();
    private final WorkerListCache list = new WorkerListCache(this::read, nanos::get);

    @Test
    void the_list_is_read_once_a_second() {
        list.get();
        list.get();
        assertThat(reads).hasValue(1);

        pass(Duration.ofSeconds(1));
        list.get();
        assertThat(reads).hasValue(2);
    }

    @Test
    void the_cached_list_is_returned_while_somebody_reads_it_every_second_or_two() {
        list.get();
        pass(Duration.ofMillis(2_900));

        list.known();

        assertThat(reads).hasValue(1);
    }

    @Test
    void the_list_is_read_when_the_cached_one_is_missing_or_old() {
        list.known();
        assertThat(reads).hasValue(1);

        pass(Duration.ofSeconds(3));
        list.known();
        assertThat(reads).hasValue(2);
    }

    private List<WorkerRecord> read() {
        reads.incrementAndGet();
        return List.of();
    }

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }
}
