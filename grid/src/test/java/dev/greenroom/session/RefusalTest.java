package dev.greenroom.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.greenroom.session.Refusal.NoSlotReason;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class RefusalTest {
    @Test
    void a_refusal_has_a_kind_in_words_and_a_detail_where_there_is_more_to_say() {
        var wanted = new PlaywrightVersion(1, 65);
        var there = List.of(new PlaywrightVersion(1, 52), new PlaywrightVersion(1, 62));

        assertThat(List.of(
                        new Refusal.UnknownBrowser(),
                        new Refusal.RefusedOption("args", "no"),
                        new Refusal.NoVersion(wanted, there),
                        new Refusal.NoSlot(NoSlotReason.QUEUE_FULL)))
                .extracting(Refusal::kind, Refusal::detail)
                .containsExactly(
                        tuple("unknown-browser", Optional.empty()),
                        tuple("refused-option", Optional.of("args: no")),
                        tuple("no-version", Optional.of("1.65 is wanted, there is [1.52, 1.62]")),
                        tuple("no-slot", Optional.of("queue full")));
    }
}
