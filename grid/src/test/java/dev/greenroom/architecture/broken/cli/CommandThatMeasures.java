package dev.greenroom.architecture.broken.cli;

import dev.greenroom.architecture.broken.ops.Metric;
import org.slf4j.MDC;

record CommandThatMeasures(Metric metric) {
    static void hide(String text) {
        MDC.put("hidden", text);
    }
}
