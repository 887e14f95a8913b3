package dev.greenroom.ops.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class MetricsReferenceTest {
    private static final String WRITE = "greenroom.docs.write";
    private static final Path PAGE = Path.of(System.getProperty("basedir", "."), "..", "docs", "metrics.md")
            .normalize();

    @Test
    void the_reference_in_the_tree_is_what_the_list_of_metrics_says() throws IOException {
        var written = MetricsReference.markdown();
        if (Boolean.getBoolean(WRITE)) {
            Files.writeString(PAGE, written);
        }

        assertThat(Files.exists(PAGE) ? Files.readString(PAGE) : "")
                .as("docs/metrics.md differs from Metric; rewrite it with"
                        + " mvn -pl grid test -Dtest=MetricsReferenceTest -D" + WRITE + "=true and commit it")
                .isEqualTo(written);
    }
}
