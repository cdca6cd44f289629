/* An open62541 server. Arguments: port, application URI, certificate and key (or - and -), 1 if it wants a user, nodes.
   It takes a line a command, `set NAME VALUE SOURCE STATUS` (milliseconds, or 0 for now), and answers each with {}. */

#include <open62541/plugin/accesscontrol_default.h>
#include <open62541/plugin/certificategroup_default.h>
#include <open62541/server.h>
#include <open62541/server_config_default.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PASSWORD "correct horse"

static UA_ByteString content(const char *path) {
    UA_ByteString bytes = UA_BYTESTRING_NULL;
    FILE *file = fopen(path, "rb");
    if(!file) return bytes;
    fseek(file, 0, SEEK_END);
    UA_ByteString_allocBuffer(&bytes, (size_t)ftell(file));
    rewind(file);
    if(fread(bytes.data, 1, bytes.length, file) != bytes.length) exit(3);
    fclose(file);
    return bytes;
}

static void accept_all(UA_CertificateGroup *group) {
    if(group->clear) group->clear(group);
    UA_CertificateGroup_AcceptAll(group);
}

static void configure(UA_ServerConfig *config, char **given) {
    UA_UInt16 port = (UA_UInt16)atoi(given[1]);
    if(strcmp(given[3], "-") == 0) {
        UA_ServerConfig_setMinimal(config, port, NULL);
    } else {
        UA_ByteString certificate = content(given[3]), key = content(given[4]);
        UA_ServerConfig_setDefaultWithSecurityPolicies(config, port, &certificate, &key, NULL, 0, NULL, 0, NULL, 0);
        UA_ByteString_clear(&certificate);
        UA_ByteString_clear(&key);
        accept_all(&config->secureChannelPKI);
        accept_all(&config->sessionPKI);
    }
    char url[64];
    snprintf(url, sizeof url, "opc.tcp://127.0.0.1:%u", (unsigned)port);
    UA_Array_delete(config->serverUrls, config->serverUrlsSize, &UA_TYPES[UA_TYPES_STRING]);
    config->serverUrls = UA_String_new();
    config->serverUrls[0] = UA_STRING_ALLOC(url);
    config->serverUrlsSize = 1;
    config->samplingIntervalLimits.min = 0;
    config->publishingIntervalLimits.min = 10;
    UA_String_clear(&config->applicationDescription.applicationUri);
    config->applicationDescription.applicationUri = UA_STRING_ALLOC(given[2]);
    for(size_t each = 0; each < config->endpointsSize; each++) {
        UA_String_clear(&config->endpoints[each].server.applicationUri);
        config->endpoints[each].server.applicationUri = UA_STRING_ALLOC(given[2]);
    }
    if(given[5][0] == '1') {
        UA_UsernamePasswordLogin known = {UA_STRING("operator"), UA_STRING(PASSWORD)};
        UA_AccessControl_default(config, false, NULL, 1, &known);
    }
}

static void set(UA_Server *server, UA_UInt16 space, char *name, UA_Boolean value, long long at, unsigned long status) {
    UA_DataValue told;
    UA_DataValue_init(&told);
    UA_Variant_setScalar(&told.value, &value, &UA_TYPES[UA_TYPES_BOOLEAN]);
    told.hasValue = told.hasSourceTimestamp = told.hasStatus = true;
    told.status = (UA_StatusCode)status;
    told.sourceTimestamp = at ? at * UA_DATETIME_MSEC + UA_DATETIME_UNIX_EPOCH : UA_DateTime_now();
    UA_Server_writeDataValue(server, UA_NODEID_STRING(space, name), told);
}

static void add(UA_Server *server, UA_UInt16 space, char *name) {
    UA_VariableAttributes attributes = UA_VariableAttributes_default;
    UA_Boolean value = false;
    UA_Variant_setScalar(&attributes.value, &value, &UA_TYPES[UA_TYPES_BOOLEAN]);
    attributes.dataType = UA_TYPES[UA_TYPES_BOOLEAN].typeId;
    attributes.displayName = UA_LOCALIZEDTEXT("en", name);
    UA_Server_addVariableNode(server, UA_NODEID_STRING(space, name), UA_NS0ID(OBJECTSFOLDER), UA_NS0ID(ORGANIZES),
                              UA_QUALIFIEDNAME(space, name), UA_NS0ID(BASEDATAVARIABLETYPE), attributes, NULL, NULL);
    set(server, space, name, false, 0, 0);
}

static void obey(UA_Server *server, UA_UInt16 space, char *line) {
    char name[128], value[8];
    long long at;
    unsigned long status;
    if(sscanf(line, "set %127s %7s %lld %lu", name, value, &at, &status) == 4)
        set(server, space, name, value[0] == '1', at, status);
    puts("{}");
    fflush(stdout);
}

int main(int count, char **given) {
    if(count < 6) return 2;
    UA_ServerConfig config;
    memset(&config, 0, sizeof config);
    configure(&config, given);
    UA_Server *server = UA_Server_newWithConfig(&config);
    if(!server) return 3;
    UA_UInt16 space = UA_Server_addNamespace(server, "urn:utility:ems");
    for(int each = 6; each < count; each++) add(server, space, given[each]);
    if(UA_Server_run_startup(server) != UA_STATUSCODE_GOOD) return 4;
    printf("{\"port\": %s}\n", given[1]);
    fflush(stdout);
    char buffer[4096];
    size_t filled = 0;
    for(;;) {
        UA_Server_run_iterate(server, false);
        struct pollfd input = {STDIN_FILENO, POLLIN, 0};
        if(poll(&input, 1, 2) <= 0) continue;
        ssize_t some = read(STDIN_FILENO, buffer + filled, sizeof buffer - 1 - filled);
        if(some <= 0) return 0;
        filled += (size_t)some;
        buffer[filled] = 0;
        for(char *end; (end = strchr(buffer, '\n'));) {
            *end = 0;
            obey(server, space, buffer);
            filled -= (size_t)(end + 1 - buffer);
            memmove(buffer, end + 1, filled + 1);
        }
    }
}
