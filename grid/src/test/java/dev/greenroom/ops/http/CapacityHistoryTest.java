package dev.greenroom.ops.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.ops.http.CapacityReport.CapacityHistory;
import dev.greenroom.ops.http.CapacityReport.CapacityHistory.Point;
import dev.greenroom.ops.http.CapacityReport.SlotCounts;
import java.time.Instant;
import org.junit.jupiter.api.Test;

final class CapacityHistoryTest {
    private static final Instant START = Instant.parse("2026-12-01T10:00:00Z");

    private final CapacityHistory history = new CapacityHistory();

    @Test
    void of_ten_seconds_the_most_is_kept() {
        seen(0, 5, 1, 0);
        seen(4, 5, 4, 2);
        seen(9, 10, 3, 0);
        seen(10, 10, 2, 0);

        assertThat(history.body().points())
                .containsExactly(new Point(START, 10, 4, 2), new Point(START.plusSeconds(10), 10, 2, 0));
    }

    @Test
    void an_hour_is_kept_and_no_more() {
        for (var second = 0; second <= 3_700; second += 10) {
            seen(second, 5, 0, 0);
        }

        var points = history.body().points();

        assertThat(points).hasSize(360);
        assertThat(points.getFirst().at()).isEqualTo(START.plusSeconds(110));
        assertThat(points.getLast().at()).isEqualTo(START.plusSeconds(3_700));
    }

    private void seen(int second, int slots, int active, int queued) {
        history.seen(new SlotCounts(1, slots, active, slots - active, queued), START.plusSeconds(second));
    }
}
