package dev.greenroom.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.AnnotatedMember;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/// The fields that Kubernetes knows, from the typed model of its API: an unknown one is refused, and so is
/// a value of the wrong type.
final class KnownFields {
    private static final Map<String, Class<?>> KINDS = Map.of(
            "apps/v1 Deployment", Deployment.class,
            "v1 Service", Service.class,
            "v1 PersistentVolumeClaim", PersistentVolumeClaim.class,
            "networking.k8s.io/v1 NetworkPolicy", NetworkPolicy.class,
            "policy/v1 PodDisruptionBudget", PodDisruptionBudget.class);

    /// Of add-ons, whose types are not in the model.
    private static final Set<String> FOREIGN = Set.of("keda.sh/v1alpha1 ScaledObject");

    private static final ObjectMapper MODEL = new ObjectMapper()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .setAnnotationIntrospector(new Strict());

    private KnownFields() {}

    static void assertAllKnown(JsonNode manifest) {
        var kind = manifest.path("apiVersion").asString() + " "
                + manifest.path("kind").asString();
        if (FOREIGN.contains(kind)) {
            return;
        }
        var type = KINDS.get(kind);
        assertThat(type).as("the model of " + kind).isNotNull();
        try {
            MODEL.readValue(manifest.toString(), type);
        } catch (JsonProcessingException e) {
            throw new AssertionError(kind + " " + manifest.at("/metadata/name") + ": " + e.getOriginalMessage(), e);
        }
    }

    /// The model keeps unknown fields for later; here they are mistakes.
    private static final class Strict extends JacksonAnnotationIntrospector {
        private static final long serialVersionUID = 1L;

        @Override
        public Boolean hasAnySetter(com.fasterxml.jackson.databind.introspect.Annotated annotated) {
            return (annotated instanceof AnnotatedMember && annotated.hasAnnotation(JsonAnySetter.class))
                    ? Boolean.FALSE
                    : super.hasAnySetter(annotated);
        }
    }
}
