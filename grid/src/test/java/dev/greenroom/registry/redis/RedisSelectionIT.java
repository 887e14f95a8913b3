package dev.greenroom.registry.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.registry.RandomGrid;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

@Tag("check")
final class RedisSelectionIT {
    private static final int ROUNDS = 20;
    private static final int STATES_PER_ROUND = 150;

    @RegisterExtension
    static final RedisTest redis = new RedisTest();

    @Test
    void the_scripts_select_as_documented_in_every_random_state() {
        var randoms = RandomGeneratorFactory.of("L64X128MixRandom");
        for (var round = 0; round < ROUNDS; round++) {
            redis.cli("FLUSHALL");
            var limits = RandomGrid.limits(randoms.create(round));
            var registry = redis.registry(limits);
            for (var state = 0; state < STATES_PER_ROUND; state++) {
                var grid = new RandomGrid(limits, randoms.create(round * 1000L + state));

                var decided = grid.decidedBy(registry);

                assertThat(decided)
                        .as("round %d, state %d: %s", round, state, grid)
                        .isEqualTo(grid.expected());
                grid.leave(registry);
            }
        }
    }
}
