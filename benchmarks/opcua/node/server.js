// A node-opcua server that takes a JSON object a line and answers each with a line, as tests/peers/opcua_server.py does.
"use strict";
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const readline = require("node:readline");
const {
  DataType, MessageSecurityMode, OPCUACertificateManager, OPCUAServer, SecurityPolicy, StatusCode, StatusCodes, Variant,
  VariantArrayType,
} = require("node-opcua");

const options = JSON.parse(process.argv[2]);
const URI = "urn:utility:ems";
const nodes = new Map();
const values = new Map();
const alarms = new Map();
const statuses = Object.values(StatusCodes).filter((one) => one instanceof StatusCode);

function statusOf(code) {
  return statuses.find((one) => one.value === code) || StatusCodes.Good;
}

function put(one) {
  const node = nodes.get(one.name);
  const value = new Variant({ dataType: DataType.Boolean, value: one.value });
  const at = typeof one.source === "number" ? new Date(one.source) : new Date();
  values.set(one.name, one.value);
  node.setValueFromSource(value, statusOf(one.status || 0), at);
}

function alarm(given, namespace) {
  let one = alarms.get(given.name);
  if (!one) {
    const input = nodes.get(given.about);
    one = namespace.instantiateOffNormalAlarm({
      browseName: given.name, nodeId: `s=${given.name}`, componentOf: area, conditionSource: input, inputNode: input,
      normalState: normal, optionals: ["ConfirmedState", "Confirm"],
    });
    alarms.set(given.name, one);
  }
  if (given.acked !== undefined) one.currentBranch().setAckedState(given.acked);
  if (given.active === true) one.activateAlarm();
  if (given.active === false) one.deactivateAlarm(given.retain);
  if (given.shelved !== undefined) one.suppressedOrShelved.setValueFromSource({ dataType: DataType.Boolean, value: given.shelved });
  const retain = given.retain === undefined ? one.currentBranch().getRetain() : given.retain;
  const time = given.at === undefined ? new Date() : new Date(given.at);
  one.raiseNewCondition({ message: `alarm ${given.name}`, severity: given.severity || 700, retain, time });
}

let area, normal;

async function secured() {
  if (!options.certificate) return { securityPolicies: [SecurityPolicy.None], securityModes: [MessageSecurityMode.None] };
  const rootFolder = fs.mkdtempSync(path.join(os.tmpdir(), "node-opcua-"));
  process.on("exit", () => fs.rmSync(rootFolder, { recursive: true, force: true }));
  const trusting = new OPCUACertificateManager({ rootFolder, automaticallyAcceptUnknownCertificate: !options.strict });
  await trusting.initialize();
  return {
    securityPolicies: options.policies.map((name) => SecurityPolicy[name]), securityModes: [MessageSecurityMode.SignAndEncrypt],
    certificateFile: options.certificate, privateKeyFile: options.key, serverCertificateManager: trusting,
    allowAnonymous: !options.users, userManager: { isValidUser: (name, word) => name === "operator" && word === "correct horse" },
  };
}

async function main() {
  const server = new OPCUAServer({
    ...await secured(),
    port: options.port, host: options.host || "127.0.0.1", hostname: options.host || "127.0.0.1", maxConnectionsPerEndpoint: 50,
    serverInfo: { applicationUri: "urn:utility:server" },
    serverCapabilities: { minSupportedSampleRate: 0 }, // else changes within 50 ms are joined, and the first of them lost
  });
  await server.initialize();
  const space = server.engine.addressSpace;
  for (const uri of options.before || []) space.registerNamespace(uri);
  const namespace = space.registerNamespace(URI);
  area = namespace.addObject({ browseName: "Area", organizedBy: space.rootFolder.objects, eventNotifier: 1,
    notifierOf: space.rootFolder.objects.server });
  for (const given of options.nodes) {
    const [name, kind = "Boolean"] = given.split(":");
    nodes.set(name, namespace.addVariable({ browseName: name, nodeId: `s=${name}`, componentOf: area, eventSourceOf: area,
      dataType: kind, value: kind === "Boolean" ? { dataType: kind, value: false } : { dataType: kind, value: "a text" } }));
    if (options.states) put({ name, value: options.states[name], source: options.at });
  }
  normal = namespace.addVariable({ browseName: "Normal", nodeId: "s=Normal", componentOf: area, dataType: "Boolean",
    value: { dataType: DataType.Boolean, value: false } });
  space.installAlarmsAndConditionsService();
  await server.start();
  const shows = (id, value) => space.findNode(id).bindVariable({ get: () => new Variant(value) }, true);
  const commands = {
    set: (list) => list.forEach(put),
    level: (level) => shows("i=2267", { dataType: DataType.Byte, value: level }),
    namespaces: (names) => shows("i=2255", { dataType: DataType.String, arrayType: VariantArrayType.Array, value: names }),
    remove: (name) => { namespace.deleteNode(nodes.get(name)); nodes.delete(name); },
    huge: ({ names, bytes, mark = "" }) => names.forEach((name) =>
      nodes.get(name).setValueFromSource({ dataType: DataType.String, value: `${mark}`.padEnd(bytes, "x") })),
    alarm: (given) => alarm(given, namespace),
    burst: async ({ names, changes }) => {
      for (let number = 0; number < changes; number += 1) {
        for (const name of names) put({ name, value: number % 2 === 0 });
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    },
    rate: ({ names, perSecond, seconds }) => {
      const step = 20, each = Math.max(1, Math.round((perSecond * step) / 1000));
      let place = 0, left = (seconds * 1000) / step;
      return new Promise((resolve) => {
        const timer = setInterval(() => {
          for (let number = 0; number < each; number += 1, place += 1) {
            const name = names[place % names.length];
            put({ name, value: !values.get(name) });
          }
          left -= 1;
          if (left <= 0) { clearInterval(timer); resolve(); }
        }, step);
      });
    },
  };
  console.log(JSON.stringify({ port: options.port }));
  for await (const line of readline.createInterface({ input: process.stdin })) {
    let answer = {};
    for (const [name, given] of Object.entries(JSON.parse(line))) {
      try {
        await commands[name](given);
      } catch (error) {
        answer = { error: String(error.stack || error) };
      }
    }
    console.log(JSON.stringify(answer));
  }
}

main().catch((error) => { console.log(JSON.stringify({ error: String(error.stack) })); process.exit(1); });
