package dev.greenroom.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.cli.terminal.Terminal.TextTable;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TerminalTest {
    @Test
    void a_pipe_gets_every_column_of_a_wide_table() {
        var columns = IntStream.range(0, 40)
                .mapToObj(number -> new TextTable.Column("COLUMN" + number, false, number))
                .toList();
        var table = new TextTable(columns);

        assertThat(table.lines(of(false)).getFirst()).contains("COLUMN1 ", "COLUMN39");
        assertThat(table.lines(of(true)).getFirst()).doesNotContain("COLUMN1 ").contains("COLUMN39");
    }

    @Test
    void who_says_how_wide_it_is_to_be_gets_that() {
        assertThat(List.of(true, false))
                .allSatisfy(interactive -> assertThat(Terminal.columns(Map.of("COLUMNS", "80"), interactive))
                        .isEqualTo(80));
    }

    private static Terminal of(boolean interactive) {
        return new Terminal(interactive, false, Terminal.columns(Map.of(), interactive), 24);
    }
}
