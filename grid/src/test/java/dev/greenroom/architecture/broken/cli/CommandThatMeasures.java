package dev.greenroom.architecture.broken.cli;

import dev.greenroom.architecture.broken.ops.Metric;
import io.micrometer.core.instrument.MeterRegistry;
import org.slf4j.MDC;

record CommandThatMeasures(Metric metric, MeterRegistry registry) {
    static void hide(String text) {
        MDC.put("hidden", text);
    }
}
