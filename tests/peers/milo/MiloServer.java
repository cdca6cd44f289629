// An Eclipse Milo server that takes a JSON object a line and answers each with a line, as tests/peers/opcua_server.py does.
// Its library has no ConditionRefresh: conditions are nodes whose states a client can read.

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.Security;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.eclipse.milo.opcua.sdk.core.AccessLevel;
import org.eclipse.milo.opcua.sdk.core.Reference;
import org.eclipse.milo.opcua.sdk.server.OpcUaServer;
import org.eclipse.milo.opcua.sdk.server.api.DataItem;
import org.eclipse.milo.opcua.sdk.server.api.ManagedNamespaceWithLifecycle;
import org.eclipse.milo.opcua.sdk.server.api.MonitoredItem;
import org.eclipse.milo.opcua.sdk.server.api.config.OpcUaServerConfig;
import org.eclipse.milo.opcua.sdk.server.identity.AnonymousIdentityValidator;
import org.eclipse.milo.opcua.sdk.server.identity.CompositeValidator;
import org.eclipse.milo.opcua.sdk.server.identity.UsernameIdentityValidator;
import org.eclipse.milo.opcua.sdk.server.model.nodes.objects.AlarmConditionTypeNode;
import org.eclipse.milo.opcua.sdk.server.nodes.UaNode;
import org.eclipse.milo.opcua.sdk.server.nodes.UaVariableNode;
import org.eclipse.milo.opcua.sdk.server.nodes.factories.NodeFactory;
import org.eclipse.milo.opcua.sdk.server.util.SubscriptionModel;
import org.eclipse.milo.opcua.stack.core.Identifiers;
import org.eclipse.milo.opcua.stack.core.security.DefaultCertificateManager;
import org.eclipse.milo.opcua.stack.core.security.SecurityPolicy;
import org.eclipse.milo.opcua.stack.core.transport.TransportProfile;
import org.eclipse.milo.opcua.stack.core.types.builtin.ByteString;
import org.eclipse.milo.opcua.stack.core.types.builtin.DataValue;
import org.eclipse.milo.opcua.stack.core.types.builtin.DateTime;
import org.eclipse.milo.opcua.stack.core.types.builtin.LocalizedText;
import org.eclipse.milo.opcua.stack.core.types.builtin.NodeId;
import org.eclipse.milo.opcua.stack.core.types.builtin.QualifiedName;
import org.eclipse.milo.opcua.stack.core.types.builtin.StatusCode;
import org.eclipse.milo.opcua.stack.core.types.builtin.Variant;
import org.eclipse.milo.opcua.stack.core.types.builtin.unsigned.Unsigned;
import org.eclipse.milo.opcua.stack.core.types.enumerated.MessageSecurityMode;
import org.eclipse.milo.opcua.stack.core.types.structured.BuildInfo;
import org.eclipse.milo.opcua.stack.server.EndpointConfiguration;
import org.eclipse.milo.opcua.stack.server.security.ServerCertificateValidator;

public final class MiloServer extends ManagedNamespaceWithLifecycle {
  private static final String PASSWORD = "correct horse";
  private final Map<String, UaVariableNode> nodes = new HashMap<>();
  private final Map<String, AlarmConditionTypeNode> alarms = new HashMap<>();
  private final SubscriptionModel subscriptions;

  private MiloServer(OpcUaServer server, JsonObject options) {
    super(server, "urn:utility:ems");
    subscriptions = new SubscriptionModel(server, this);
    getLifecycleManager().addLifecycle(subscriptions);
    getLifecycleManager().addStartupTask(() -> options.getAsJsonArray("nodes").forEach(name -> add(name.getAsString())));
  }

  private void add(String name) {
    UaVariableNode node = new UaVariableNode.UaVariableNodeBuilder(getNodeContext())
        .setNodeId(newNodeId(name)).setAccessLevel(AccessLevel.READ_ONLY)
        .setBrowseName(newQualifiedName(name)).setDisplayName(LocalizedText.english(name))
        .setDataType(Identifiers.Boolean).setTypeDefinition(Identifiers.BaseDataVariableType).build();
    node.setValue(new DataValue(new Variant(false), StatusCode.GOOD, DateTime.now()));
    place(node, Identifiers.Organizes);
    nodes.put(name, node);
  }

  private void place(UaNode node, NodeId how) {
    getNodeManager().addNode(node);
    node.addReference(new Reference(node.getNodeId(), how, Identifiers.ObjectsFolder.expanded(), false));
  }

  private void put(JsonObject one) {
    DateTime at = one.has("source") ? new DateTime(new java.util.Date(one.get("source").getAsLong())) : DateTime.now();
    StatusCode status = new StatusCode(one.has("status") ? one.get("status").getAsLong() : 0L);
    nodes.get(one.get("name").getAsString()).setValue(new DataValue(new Variant(one.get("value").getAsBoolean()), status, at));
  }

  private AlarmConditionTypeNode alarm(String name, String about) throws Exception {
    AlarmConditionTypeNode node = (AlarmConditionTypeNode) getNodeFactory().createNode(
        newNodeId(name), Identifiers.AlarmConditionType, new NodeFactory.InstantiationCallback() {
          @Override
          public boolean includeOptionalNode(NodeId type, QualifiedName browseName) {
            return "ConfirmedState".equals(browseName.getName());
          }
        });
    node.setBrowseName(newQualifiedName(name));
    node.setDisplayName(LocalizedText.english(name));
    place(node, Identifiers.HasComponent);
    UaVariableNode source = nodes.get(about);
    source.addReference(new Reference(source.getNodeId(), Identifiers.HasCondition, node.getNodeId().expanded(), true));
    node.setEventType(Identifiers.AlarmConditionType);
    node.setConditionName(name);
    node.setSourceNode(source.getNodeId());
    node.setSourceName(about);
    node.getEnabledStateNode().setId(true);
    node.getActiveStateNode().setId(false);
    node.getAckedStateNode().setId(false);
    node.setSuppressedOrShelved(false);
    node.setRetain(false);
    node.setQuality(StatusCode.GOOD);
    node.setSeverity(Unsigned.ushort(500));
    return node;
  }

  private void alarm(JsonObject given) throws Exception {
    String name = given.get("name").getAsString();
    if (!alarms.containsKey(name)) {
      alarms.put(name, alarm(name, given.get("about").getAsString()));
    }
    AlarmConditionTypeNode node = alarms.get(name);
    if (given.has("active")) node.getActiveStateNode().setId(given.get("active").getAsBoolean());
    if (given.has("acked")) node.getAckedStateNode().setId(given.get("acked").getAsBoolean());
    if (given.has("retain")) node.setRetain(given.get("retain").getAsBoolean());
    if (given.has("severity")) node.setSeverity(Unsigned.ushort(given.get("severity").getAsInt()));
    if (given.has("shelved")) node.setSuppressedOrShelved(given.get("shelved").getAsBoolean());
    node.setEventId(ByteString.of(UUID.randomUUID().toString().getBytes()));
    node.setTime(DateTime.now());
    node.setReceiveTime(DateTime.now());
    node.setMessage(LocalizedText.english("alarm " + name));
    getServer().getEventBus().post(node);
  }

  private void obey(String command, JsonElement given) throws Exception {
    switch (command) {
      case "set" -> given.getAsJsonArray().forEach(one -> put(one.getAsJsonObject()));
      case "alarm" -> alarm(given.getAsJsonObject());
      default -> throw new IllegalArgumentException("there is no command " + command);
    }
  }

  @Override
  public void onDataItemsCreated(List<DataItem> items) {
    subscriptions.onDataItemsCreated(items);
  }

  @Override
  public void onDataItemsModified(List<DataItem> items) {
    subscriptions.onDataItemsModified(items);
  }

  @Override
  public void onDataItemsDeleted(List<DataItem> items) {
    subscriptions.onDataItemsDeleted(items);
  }

  @Override
  public void onMonitoringModeChanged(List<MonitoredItem> items) {
    subscriptions.onMonitoringModeChanged(items);
  }

  private static OpcUaServerConfig configure(JsonObject options) throws Exception {
    X509Certificate certificate = null;
    DefaultCertificateManager own = new DefaultCertificateManager();
    if (options.has("certificate")) {
      certificate = (X509Certificate) CertificateFactory.getInstance("X.509")
          .generateCertificate(new FileInputStream(options.get("certificate").getAsString()));
      own.add(new KeyPair(certificate.getPublicKey(), read(Path.of(options.get("key").getAsString()))), certificate);
    }
    boolean users = options.has("users") && options.get("users").getAsBoolean();
    Set<EndpointConfiguration> endpoints = new HashSet<>();
    List<String> policies = new ArrayList<>();
    if (options.has("policies")) options.getAsJsonArray("policies").forEach(one -> policies.add(one.getAsString()));
    else policies.add("None");
    if (!policies.contains("None")) policies.add("None"); // to list the others, as Milo's own examples have it
    for (String policy : policies) {
      boolean discovery = "None".equals(policy) && policies.size() > 1;
      EndpointConfiguration.Builder endpoint = EndpointConfiguration.newBuilder()
          .setBindAddress("127.0.0.1").setHostname("127.0.0.1").setBindPort(options.get("port").getAsInt())
          .setPath(discovery ? "/discovery" : "/")
          .setTransportProfile(TransportProfile.TCP_UASC_UABINARY).setCertificate(certificate)
          .setSecurityPolicy(SecurityPolicy.valueOf(policy))
          .setSecurityMode("None".equals(policy) ? MessageSecurityMode.None : MessageSecurityMode.SignAndEncrypt)
          .addTokenPolicies(users ? OpcUaServerConfig.USER_TOKEN_POLICY_USERNAME : OpcUaServerConfig.USER_TOKEN_POLICY_ANONYMOUS);
      endpoints.add(endpoint.build());
    }
    return OpcUaServerConfig.builder()
        .setApplicationUri(options.has("uri") ? options.get("uri").getAsString() : "urn:utility:server")
        .setApplicationName(LocalizedText.english("Milo")).setProductUri("urn:faultline:peer")
        .setBuildInfo(new BuildInfo("urn:faultline:peer", "faultline", "peer", "1", "1", DateTime.now()))
        .setCertificateManager(own)
        .setCertificateValidator(new AnyCertificate())
        .setIdentityValidator(new CompositeValidator(AnonymousIdentityValidator.INSTANCE, new UsernameIdentityValidator(
            false, challenge -> "operator".equals(challenge.getUsername()) && PASSWORD.equals(challenge.getPassword()))))
        .setEndpoints(endpoints).build();
  }

  private static PrivateKey read(Path pem) throws Exception {
    String text = Files.readString(pem).replaceAll("-----[A-Z ]+-----", "").replaceAll("\\s", "");
    return KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(text)));
  }

  private static final class AnyCertificate implements ServerCertificateValidator {
    @Override
    public void validateCertificateChain(List<X509Certificate> chain) {}

    @Override
    public void validateCertificateChain(List<X509Certificate> chain, String applicationUri) {}
  }

  public static void main(String[] arguments) throws Exception {
    Security.addProvider(new BouncyCastleProvider()); // Aes256_Sha256_RsaPss signs by it
    JsonObject options = JsonParser.parseString(arguments[0]).getAsJsonObject();
    OpcUaServer server = new OpcUaServer(configure(options));
    MiloServer space = new MiloServer(server, options);
    space.startup();
    server.startup().get();
    System.out.println("{\"port\": " + options.get("port").getAsInt() + "}");
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      JsonObject answer = new JsonObject();
      for (Map.Entry<String, JsonElement> command : JsonParser.parseString(line).getAsJsonObject().entrySet()) {
        try {
          space.obey(command.getKey(), command.getValue());
        } catch (Exception error) {
          answer.addProperty("error", error.toString());
        }
      }
      System.out.println(answer);
    }
    System.exit(0);
  }
}
