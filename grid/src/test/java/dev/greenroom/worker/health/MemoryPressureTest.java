package dev.greenroom.worker.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryPressureTest {
    @TempDir
    private Path root;

    private FakeMachine machine;

    @BeforeEach
    void open() {
        machine = new FakeMachine(root);
    }

    @Test
    void a_machine_is_short_of_what_is_not_available() {
        machine.memory(1_000, 250);

        assertThat(machine.pressure().used()).hasValue(0.75);
    }

    @Test
    void a_container_counts_when_it_is_shorter_and_files_that_can_be_dropped_do_not() {
        machine.memory(1_000, 900).group("900", "1000", 100);

        assertThat(machine.pressure().used().orElseThrow()).isCloseTo(0.8, within(0.001));
    }

    @Test
    void a_container_without_a_limit_is_as_short_as_its_machine() {
        machine.memory(1_000, 900).group("900", "max", 0);

        assertThat(machine.pressure().used().orElseThrow()).isCloseTo(0.1, within(0.001));
    }

    @Test
    void control_groups_of_the_first_version_count_too() {
        machine.memory(1_000, 900).oldGroup("/docker/a", "/docker/a", "900", "1000", 100);

        assertThat(machine.pressure().used().orElseThrow()).isCloseTo(0.8, within(0.001));
    }

    @Test
    void a_container_that_is_told_a_path_outside_of_it_looks_at_its_own_group() {
        machine.memory(1_000, 900).oldGroup("/docker/a", "", "900", "1000", 100);

        assertThat(machine.pressure().used().orElseThrow()).isCloseTo(0.8, within(0.001));
    }

    @Test
    void a_limit_of_a_group_around_the_own_one_counts() {
        machine.memory(1_000, 900).outerGroup("/a.slice/b.service", "/a.slice", "700", "1000");

        assertThat(machine.pressure().used().orElseThrow()).isCloseTo(0.7, within(0.001));
    }

    @Test
    void a_path_that_leads_out_of_all_groups_leads_nowhere() {
        machine.memory(1_000, 900).oldGroup("/../../elsewhere", "", "900", "1000", 100);

        assertThat(machine.pressure().used().orElseThrow()).isCloseTo(0.1, within(0.001));
    }

    @Test
    void a_system_that_does_not_tell_is_not_short() {
        assertThat(machine.pressure().used()).isEmpty();
        assertThat(ProcessTable.read(machine.proc())).isEmpty();
    }
}
