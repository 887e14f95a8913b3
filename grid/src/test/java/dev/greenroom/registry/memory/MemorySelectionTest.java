package dev.greenroom.registry.memory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.registry.RandomGrid;
import dev.greenroom.registry.VirtualClock;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

final class MemorySelectionTest {
    private static final int STATES = 100_000;

    @Test
    void the_registry_selects_as_documented_in_every_random_state() {
        var clock = new VirtualClock();
        var randoms = RandomGeneratorFactory.of("L64X128MixRandom");
        for (var seed = 0L; seed < STATES; seed++) {
            var random = randoms.create(seed);
            var limits = RandomGrid.limits(random);
            var grid = new RandomGrid(limits, random);

            var decided = grid.decidedBy(new MemoryRegistry(limits, clock, clock));

            if (!decided.equals(grid.expected())) {
                assertThat(decided).as("seed %d: %s", seed, grid).isEqualTo(grid.expected());
            }
        }
    }
}
