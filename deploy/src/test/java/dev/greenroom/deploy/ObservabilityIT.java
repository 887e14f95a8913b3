package dev.greenroom.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// The alerts and the dashboard, with Prometheus' own tool and the list of metrics that the program writes.
class ObservabilityIT {
    private static final String REMEDY = "promtool is in the package prometheus; ./check --all provides it";
    private static final String FOLDER = "deploy/observability/";
    private static final Pattern METRIC = Pattern.compile("\\b((?:grid|process|jvm)_[a-z_]+)\\b");
    private static final Pattern LABEL_VALUE = Pattern.compile("(outcome|state|status|cause|phase)=~?\"([^\"]+)\"");

    @Test
    void the_alerts_do_what_is_said_of_them_with_series_made_up_for_it() {
        var checked = Tool.run(REMEDY, promtool(), "check", "rules", FOLDER + "alerts.yaml");
        var tested = Tool.run(REMEDY, promtool(), "test", "rules", FOLDER + "alerts.test.yaml");

        assertThat(checked.code()).as(checked.output()).isZero();
        assertThat(tested.code()).as(tested.output()).isZero();
    }

    @Test
    void every_alert_is_tested_once_firing_and_says_what_to_do() {
        var rules = Clone.yaml(FOLDER + "alerts.yaml").at("/groups/0/rules");
        var tests = Clone.yaml(FOLDER + "alerts.test.yaml").path("tests");

        var firing = new TreeSet<String>();
        for (var test : tests) {
            var alert = test.at("/alert_rule_test/0");
            if (!alert.path("exp_alerts").isEmpty()) {
                firing.add(alert.path("alertname").asString());
            }
        }
        assertThat(rules.valueStream().map(rule -> rule.path("alert").asString()))
                .containsExactlyInAnyOrderElementsOf(firing);
        assertThat(rules.valueStream()
                        .map(rule -> rule.at("/annotations/action").asString("")))
                .noneMatch(String::isEmpty);
        assertThat(pages(Clone.text(FOLDER + "alerts.yaml")))
                .allSatisfy(page -> assertThat(Clone.path(page)).exists());
    }

    @Test
    void every_metric_of_alerts_and_dashboard_is_one_that_the_program_has() {
        var known = Clone.text("docs/metrics.md");
        for (var file : Clone.files(FOLDER)) {
            var text = Clone.text(file);
            for (var metric : metrics(text)) {
                var name = metric.replaceAll("_(bucket|sum|count)$", "");
                var family = name.replaceAll("^(jvm_[a-z]+_).*", "$1*");
                assertThat(known).as(metric + " in " + file).contains("`" + family);
            }
            LABEL_VALUE.matcher(text.replace("\\\"", "\"")).results().forEach(found -> {
                for (var value : found.group(2).split("\\|", -1)) {
                    assertThat(known).as(found.group() + " in " + file).contains("`" + value + "`");
                }
            });
        }
    }

    @Test
    void the_dashboard_has_a_query_in_every_panel() {
        var panels = Clone.yaml(FOLDER + "grafana/greenroom.json").path("panels");

        assertThat(panels).hasSizeGreaterThan(8).allSatisfy(panel -> {
            assertThat(panel.at("/targets/0/expr").asString(""))
                    .as(panel.path("title").asString())
                    .isNotEmpty();
            assertThat(panel.at("/datasource/uid").asString()).isEqualTo("${source}");
        });
        assertThat(panels.valueStream().map(ObservabilityIT::place).distinct()).hasSize(panels.size());
    }

    @Test
    void every_query_of_the_dashboard_is_one_that_prometheus_understands() {
        var rules = new StringBuilder("groups: [{name: dashboard, rules: [");
        int number = 0;
        for (var expression : Clone.yaml(FOLDER + "grafana/greenroom.json").findValuesAsString("expr")) {
            var whole = expression.replace("$__rate_interval", "5m");
            rules.append(number == 0 ? "" : ",")
                    .append("{record: 'q")
                    .append(number++)
                    .append("', expr: '")
                    .append(whole.replace("'", "''"))
                    .append("'}");
        }
        var checked = PromQuery.check(promtool(), rules.append("]}]").toString());

        assertThat(checked.code()).as(checked.output()).isZero();
    }

    private static String place(JsonNode panel) {
        return panel.at("/gridPos/x") + "," + panel.at("/gridPos/y");
    }

    private static Set<String> metrics(String text) {
        var metrics = new TreeSet<String>();
        METRIC.matcher(text).results().forEach(found -> metrics.add(found.group(1)));
        return metrics;
    }

    private static Set<String> pages(String text) {
        var pages = new TreeSet<String>();
        Pattern.compile("docs/[a-z/-]+\\.md").matcher(text).results().forEach(found -> pages.add(found.group()));
        return pages;
    }

    private static String promtool() {
        return System.getProperty("greenroom.promtool", "promtool");
    }
}
