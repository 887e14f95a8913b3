package dev.greenroom.ops.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class ApiDescriptionTest {
    private static final Pattern PATH = Pattern.compile("  (/\\S*):");
    private static final Pattern METHOD = Pattern.compile("    (get|put|post|delete|patch|head|options):");

    private OpsFixture grid;

    @BeforeEach
    void open() throws Exception {
        grid = new OpsFixture();
    }

    @AfterEach
    void close() {
        grid.close();
    }

    @Test
    void every_route_is_described_and_everything_described_is_a_route() throws Exception {
        var answer = grid.get("/openapi.yaml");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/yaml");
        assertThat(described(answer.body()))
                .containsExactlyInAnyOrderElementsOf(grid.routes.described().toList());
    }

    private static List<String> described(String yaml) {
        List<String> described = new ArrayList<>();
        var path = "";
        for (var line : yaml.lines().dropWhile(line -> !line.equals("paths:")).toList()) {
            var newPath = PATH.matcher(line);
            var method = METHOD.matcher(line);
            if (newPath.matches()) {
                path = newPath.group(1);
            } else if (method.matches()) {
                described.add(method.group(1).toUpperCase(Locale.ROOT) + " " + path);
            }
        }
        return described;
    }
}
