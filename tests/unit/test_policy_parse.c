/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every kind of mistake in a policy file, and where it is said to be. */
#include "common/cleanup.h"
#include "policy/text.h"
#include "tests/unit/rules.h"

struct expected {
	const char *text;
	unsigned int line;
	const char *field;
	const char *what; /* a part of it */
};

static const struct mistake *find(const struct mistakes *m, const struct expected *e)
{
	for (size_t i = 0; i < m->n; i++)
		if (strstr(m->list[i].what, e->what))
			return &m->list[i];
	return NULL;
}

static void print(const struct mistakes *m)
{
	for (size_t i = 0; i < m->n; i++) {
		_cleanup_free_ char *text = mistake_text(&m->list[i]);

		print_message("# %s\n", text);
	}
}

static void expect_mistake(const struct expected *e, bool warning)
{
	_cleanup_(mistakes_done) struct mistakes m = {};
	_cleanup_(policy_done) struct policy p = {};
	const struct mistake *found;

	rules_parse(e->text, &p, &m);
	found = find(&m, e);
	if (!found || m.n != 1) {
		print(&m);
		fail_msg("%zu mistakes in %s, and not one with '%s'", m.n, e->text, e->what);
		return;
	}
	assert_string_equal(found->file, "f");
	assert_string_equal(found->field, e->field);
	assert_int_equal(found->line, e->line);
	assert_int_equal(found->warning, warning);
	assert_int_equal(m.n_errors, warning ? 0 : 1);
}

static void expect_mistakes(const struct expected *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		expect_mistake(&list[i], false);
}

static void finds_what_is_no_text(void **state)
{
	static const struct expected list[] = {
		{ "", 1, "", "the text ends where '{' is expected" },
		{ "\n\n[]", 3, "", "'[' stands where '{' is expected" },
		{ "'rules'", 1, "", "'\"' stands where '{'" },
		{ "{", 1, "", "the text ends where a name" },
		{ "{'rules'", 1, "", "the text ends where ':'" },
		{ "{'rules' []}", 1, "", "'[' stands where ':'" },
		{ "{'rules':\n", 2, "", "the text ends where a value" },
		{ "{'rules':[]\n}\n}", 3, "", "'}' stands where the end" },
		{ "{'rules':[],\n}", 2, "", "a comma stands behind the last" },
		{ "{'rules':[1,]}", 1, "", "a comma stands behind the last" },
		{ "{'rules':[1 2]}", 1, "", "'2' stands where ',' or ']'" },
		{ "{'rules':[}", 1, "", "'}' stands where a value" },
		{ "{rules:[]}", 1, "", "'r' stands where a name in double quotes" },
		{ "{'rules':yes}", 1, "", "this is no value" },
		{ "{'rules':TRUE}", 1, "", "this is no value" },
		{ "{'rules':NaN}", 1, "", "this is no value" },
		{ "{'rules':99999999999999999999}", 1, "", "this is no value" },
		{ "{'rules':0x10}", 1, "", "this is no value" },
		{ "{'rules':null}", 1, "", "null says nothing" },
		{ "{'a\n':1}", 1, "", "a string begins here and has no end" },
		{ "{'rules':'", 1, "", "a string begins here and has no end" },
		{ "{'rules':'\\'", 1, "", "a string begins here and has no end" },
		{ "{'rules':'\\q'}", 1, "", "unknown escape" },
		{ "{'rules':'\\u0000'}", 1, "", "control character" },
		{ "{'rules':'a\tb'}", 1, "", "control character" },
		{ "{\n/* no end\n", 2, "", "a comment begins here" },
		{ "{ / }", 1, "", "'/' stands where a name" },
		{ "{'rules':[]}\n\x01", 2, "", "the byte 0x01" },
		{ "{\n'rules': '\xff'}", 2, "", "not UTF-8" },
		{ "{\n'rules': '\xed\xa0\x80'}", 2, "", "not UTF-8" },
		{ "\xef\xbb\xbf{}", 1, "", "the byte 0xef stands where '{'" },
		{ "[[[", 1, "", "'['" },
	};

	expect_mistakes(list, ARRAY_SIZE(list));
}

static void finds_nul(void **state)
{
	_cleanup_(mistakes_done) struct mistakes m = {};
	_cleanup_(policy_done) struct policy p = {};

	assert_int_equal(policy_parse("f", "{\n\0}", 4, &rules_directory, &p, &m), 0);
	assert_int_equal(m.n, 1);
	assert_int_equal(m.list[0].line, 2);
	assert_string_equal(m.list[0].what, "the line has a NUL");
}

/* @n times '[' in "rules" */
static void parse_nested(size_t n, struct mistakes *m)
{
	_cleanup_(policy_done) struct policy p = {};
	_cleanup_free_ char *text = malloc(2 * n + 32);
	size_t at = (size_t)sprintf(text, "{\"rules\":");

	memset(text + at, '[', n);
	memset(text + at + n, ']', n);
	strcpy(text + at + 2 * n, "}");
	assert_int_equal(policy_parse("f", text, strlen(text), &rules_directory, &p, m), 0);
}

static void bounds_depth_and_size(void **state)
{
	_cleanup_(mistakes_done) struct mistakes deep = {}, flat = {}, large = {};
	_cleanup_(policy_done) struct policy p = {};
	_cleanup_free_ char *text = malloc(TEXT_SIZE_MAX + 1);

	parse_nested(100000, &deep);
	assert_int_equal(deep.n, 1);
	assert_string_equal(deep.list[0].what, "objects and lists are nested too deep");
	parse_nested(TEXT_DEPTH_MAX - 1, &flat);
	assert_string_equal(flat.list[0].what, "has to be an object");

	memset(text, ' ', TEXT_SIZE_MAX + 1);
	memcpy(text, "{\"rules\":[{}", 12);
	text[TEXT_SIZE_MAX] = '}';
	assert_int_equal(policy_parse("f", text, TEXT_SIZE_MAX + 1, &rules_directory, &p, &large),
			 0);
	assert_int_equal(large.n, 1);
	assert_string_equal(large.list[0].what, "the file is longer than 256 KiB");
}

#define RULE(more) "{'rules':[{'name':'a','who':{'user':1}," more "}]}"
#define GRANT "'regions':['*'],'devices':['*']"

static void finds_wrong_members(void **state)
{
	static const struct expected list[] = {
		{ "{}", 1, "", "there are no rules" },
		{ "{'rules':{}}", 1, "rules", "has to be a list" },
		{ "{'rules':[\n1\n]}", 2, "rules[0]", "has to be an object" },
		{ RULE(GRANT ",\n'allow':true"), 2, "rules[0].allow", "is not known" },
		{ RULE(GRANT ",\n'name':'b'"), 2, "name", "is there a second time" },
		{ RULE(GRANT ",'limits':{'a\\u001b[31m':1}"), 1,
		  "rules[0].limits.a\xef\xbf\xbd[31m", "is not known" },
		{ RULE(GRANT ",'administer':1"), 1, "rules[0].administer",
		  "has to be true or false" },
		{ RULE(GRANT ",'minVerdict':'any'"), 1, "rules[0].minVerdict", "no verdict" },
		{ RULE(GRANT ",'minVerdict':'unsupported'"), 1, "rules[0].minVerdict",
		  "no verdict" },
		{ RULE(GRANT ",'limits':[]"), 1, "rules[0].limits", "has to be an object" },
		{ RULE(GRANT ",'limits':{'quota':1}"), 1, "rules[0].limits.quota", "is not known" },
		{ RULE("'administer':false"), 1, "rules[0]", "grants nothing" },
		{ RULE("'regions':['*']"), 1, "rules[0]", "has regions and no devices" },
		{ RULE("'devices':['*']"), 1, "rules[0]", "has devices and no regions" },
		{ RULE("'administer':true,'limits':{'bytes':1}"), 1, "rules[0]",
		  "limits what it does not grant" },
		{ "{'rules':[{'who':{'user':1}," GRANT "}]}", 1, "rules[0]", "has no name" },
		{ "{'rules':[{'name':'a'," GRANT "}]}", 1, "rules[0]", "names nobody" },
		{ "{'rules':[{'name':'a b','who':{'user':1}," GRANT "}]}", 1, "rules[0].name",
		  "is no name for a rule" },
		{ "{'rules':[{'name':'','who':{'user':1}," GRANT "}]}", 1, "rules[0].name",
		  "is no name for a rule" },
		{ "{'rules':[{'name':'(root)','who':{'user':1}," GRANT "}]}", 1, "rules[0].name",
		  "is no name for a rule" },
		{ "{'rules':[{'name':'a','who':{'user':1}," GRANT
		  "},\n{'name':'a','who':{'user':2}," GRANT "}]}",
		  2, "rules[1].name", "is the name of the rule in f:1" },
	};

	expect_mistakes(list, ARRAY_SIZE(list));
}

#define WHO(who) "{'rules':[{'name':'a','who':" who "," GRANT "}]}"

static void finds_wrong_names(void **state)
{
	static const struct expected list[] = {
		{ WHO("{}"), 1, "rules[0].who", "exactly one member" },
		{ WHO("{'user':1,'group':1}"), 1, "rules[0].who", "exactly one member" },
		{ WHO("{'uid':1}"), 1, "rules[0].who.uid", "is not known" },
		{ WHO("{'user':true}"), 1, "rules[0].who.user",
		  "has to be a string or a whole number" },
		{ WHO("{'user':1.5}"), 1, "rules[0].who.user",
		  "has to be a string or a whole number" },
		{ WHO("{'user':-1}"), 1, "rules[0].who.user", "can be no user" },
		{ WHO("{'user':4294967295}"), 1, "rules[0].who.user", "can be no user" },
		{ WHO("{'user':'4294967295'}"), 1, "rules[0].who.user", "can be no user" },
		{ WHO("{'user':''}"), 1, "rules[0].who.user", "can be no user" },
		{ WHO("{'user':'a:b'}"), 1, "rules[0].who.user", "can be no user" },
		{ WHO("{'group':'../x'}"), 1, "rules[0].who.group", "can be no group" },
		{ WHO("{'unit':''}"), 1, "rules[0].who.unit", "has to end in" },
		{ WHO("{'unit':'backup'}"), 1, "rules[0].who.unit", "has to end in" },
		{ WHO("{'unit':'.service'}"), 1, "rules[0].who.unit", "has to end in" },
		{ WHO("{'unit':'a*.service'}"), 1, "rules[0].who.unit", "a pattern is not taken" },
		{ WHO("{'unit':'a/b.service'}"), 1, "rules[0].who.unit", "characters" },
		{ WHO("{'unit':'backup.slice'}"), 1, "rules[0].who.unit", "is a slice" },
		{ WHO("{'unit':'user@1000.service'}"), 1, "rules[0].who.unit", "a user's" },
		{ WHO("{'cgroup':'machine.slice'}"), 1, "rules[0].who.cgroup", "begin with /" },
		{ WHO("{'cgroup':''}"), 1, "rules[0].who.cgroup", "begin with /" },
		{ WHO("{'cgroup':'/'}"), 1, "rules[0].who.cgroup", "everybody" },
		{ WHO("{'cgroup':'/a/'}"), 1, "rules[0].who.cgroup", "an empty name" },
		{ WHO("{'cgroup':'//a'}"), 1, "rules[0].who.cgroup", "an empty name" },
		{ WHO("{'cgroup':'/a/../b'}"), 1, "rules[0].who.cgroup", "'..'" },
		{ WHO("{'cgroup':'/a\\u001b'}"), 1, "rules[0].who.cgroup", "cannot be printed" },
		{ WHO("{'cgroup':'/user.slice/*/*'}"), 1, "rules[0].who.cgroup",
		  "below the slice of a user" },
		{ WHO("{'cgroup':'/user.slice/user-1000.slice/user@1000.service'}"), 1,
		  "rules[0].who.cgroup", "below the slice of a user" },
	};

	expect_mistakes(list, ARRAY_SIZE(list));
}

static void warns_of_unknown_names(void **state)
{
	static const struct expected list[] = {
		{ WHO("{'user':'bob'}"), 1, "rules[0].who.user", "there is no user 'bob'" },
		{ WHO("{'group':'wheel'}"), 1, "rules[0].who.group", "there is no group 'wheel'" },
		{ WHO("{'user':'broken'}"), 1, "rules[0].who.user", "cannot be looked up" },
		{ WHO("{'user':'root'}"), 1, "rules[0].who.user", "uid 0 needs no rule" },
		{ WHO("{'user':0}"), 1, "rules[0].who.user", "uid 0 needs no rule" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(list); i++)
		expect_mistake(&list[i], true);
}

#define OBJECTS(regions, devices) RULE("'regions':" regions ",'devices':" devices)

static void finds_wrong_objects(void **state)
{
	static const struct expected list[] = {
		{ OBJECTS("[]", "['*']"), 1, "rules[0].regions", "is an empty list" },
		{ OBJECTS("'*'", "['*']"), 1, "rules[0].regions", "has to be a list" },
		{ OBJECTS("['*',\n3]", "['*']"), 2, "rules[0].regions[1]", "has to be a string" },
		{ OBJECTS("['p2pmem0']", "['*']"), 1, "rules[0].regions[0]",
		  "given out at each boot" },
		{ OBJECTS("['/dev/p2pmem0']", "['*']"), 1, "rules[0].regions[0]",
		  "no name in /dev/p2pmem/by-path" },
		{ OBJECTS("['*']", "['nvme0n1']"), 1, "rules[0].devices[0]",
		  "given out at each boot" },
		{ OBJECTS("['*']", "['/dev/nvme0n1']"), 1, "rules[0].devices[0]",
		  "other paths stand for may change" },
		{ OBJECTS("['*']", "['nvme3c4n1p2']"), 1, "rules[0].devices[0]",
		  "given out at each boot" },
		{ OBJECTS("['0000:03:00']", "['*']"), 1, "rules[0].regions[0]", "no PCI address" },
		{ OBJECTS("['pci-0000:03']", "['*']"), 1, "rules[0].regions[0]", "no PCI address" },
		{ OBJECTS("['S4*']", "['*']"), 1, "rules[0].regions[0]", "is a pattern" },
		{ OBJECTS("['']", "['*']"), 1, "rules[0].regions[0]", "no serial number" },
		{ OBJECTS("[' cmb0']", "['*']"), 1, "rules[0].regions[0]", "no serial number" },
		{ OBJECTS("['a\\u202eb']", "['*']"), 1, "rules[0].regions[0]", "no serial number" },
	};

	expect_mistakes(list, ARRAY_SIZE(list));
}

#define LIMITS(limits) RULE(GRANT ",'limits':" limits)

static void finds_wrong_limits(void **state)
{
	static const struct expected list[] = {
		{ LIMITS("{'bytes':-1}"), 1, "rules[0].limits.bytes", "'-1' is out of range" },
		{ LIMITS("{'bytes':1.5}"), 1, "rules[0].limits.bytes", "has to be a string or" },
		{ LIMITS("{'bytes':''}"), 1, "rules[0].limits.bytes", "no amount of memory" },
		{ LIMITS("{'bytes':'%'}"), 1, "rules[0].limits.bytes", "no amount of memory" },
		{ LIMITS("{'bytes':'-5%'}"), 1, "rules[0].limits.bytes", "no amount of memory" },
		{ LIMITS("{'bytes':'101%'}"), 1, "rules[0].limits.bytes", "out of range" },
		{ LIMITS("{'bytes':'1000%'}"), 1, "rules[0].limits.bytes", "out of range" },
		{ LIMITS("{'bytes':'12.5%'}"), 1, "rules[0].limits.bytes", "out of range" },
		{ LIMITS("{'bytes':'64X'}"), 1, "rules[0].limits.bytes", "no amount of memory" },
		{ LIMITS("{'bytes':'-64M'}"), 1, "rules[0].limits.bytes", "no amount of memory" },
		{ LIMITS("{'bytes':'8388608T'}"), 1, "rules[0].limits.bytes", "out of range" },
		{ LIMITS("{'bytes':'99999999999999999999'}"), 1, "rules[0].limits.bytes",
		  "out of range" },
		{ LIMITS("{'bytes':9223372036854775808}"), 1, "", "this is no value" },
		{ LIMITS("{'buffers':'7'}"), 1, "rules[0].limits.buffers",
		  "has to be a whole number" },
		{ LIMITS("{'buffers':-7}"), 1, "rules[0].limits.buffers", "is negative" },
		{ LIMITS("{'perUid':{'largest':1}}"), 1, "rules[0].limits.perUid.largest",
		  "is not known" },
		{ LIMITS("{'perUid':5}"), 1, "rules[0].limits.perUid", "has to be an object" },
		{ LIMITS("{'bytes':'25%','largest':'50%'}"), 1, "rules[0].limits",
		  "the largest lease is above" },
		{ LIMITS("{'bytes':'1M','reserved':1048577}"), 1, "rules[0].limits",
		  "more is reserved" },
		{ LIMITS("{'bytes':'1M','perUid':{'bytes':'2M'}}"), 1, "rules[0].limits",
		  "the bytes of one uid" },
		{ LIMITS("{'buffers':1,'perUid':{'buffers':2}}"), 1, "rules[0].limits",
		  "the buffers of one uid" },
	};

	expect_mistakes(list, ARRAY_SIZE(list));
}

static void finds_all_at_once(void **state)
{
	_cleanup_(mistakes_done) struct mistakes m = {};
	_cleanup_(policy_done) struct policy p = {};

	rules_parse("{'rules':[\n{'name':5,\n'who':{'unit':'x'},\n'regions':['p2pmem0',\n'*'],\n"
		    "'devices':[],\n'limits':{'bytes':'x','bytes':'y'},'more':1}]}",
		    &p, &m);
	print(&m);
	assert_int_equal(m.n, 7);
	assert_int_equal(m.n_errors, 7);
}

static void reads_everything(void **state)
{
	_cleanup_(mistakes_done) struct mistakes m = {};
	_cleanup_(policy_done) struct policy p = {};
	const struct policy_rule *r;

	rules_parse("// c\n/* 'x' */ {'rules': /**/ [\n"
		    "{'name':'all', // 'name'\n'who':{'user':'alice'},'regions':['0000:03:00.0',"
		    "'pci-0000:05:00.0','/dev/p2pmem/by-path/pci-0000:81:00.0'],"
		    "'devices':['cmb0','/dev/disk/by-path/pci-0000:04:00.0-nvme-1','*'],"
		    "'minVerdict':'bus','limits':{'bytes':'50%','buffers':7,'largest':4096,"
		    "'reserved':'1M','perUid':{'bytes':'25%','buffers':3}},'administer':true},\n"
		    "{'name':'ops','who':{'group':'members'},'administer':true}]}\n// end",
		    &p, &m);
	print(&m);
	assert_int_equal(m.n, 0);
	assert_int_equal(p.n, 2);
	r = &p.rules[0];
	assert_string_equal(r->tenant, "uid:1000");
	assert_int_equal(r->line, 3);
	assert_int_equal(r->regions.n, 3);
	assert_int_equal(r->regions.list[2].address.bus, 0x81);
	assert_int_equal(r->devices.list[0].kind, OBJECT_SERIAL);
	assert_int_equal(r->devices.list[1].address.bus, 4);
	assert_int_equal(r->devices.list[2].kind, OBJECT_ANY);
	assert_int_equal(r->min_verdict, P2PMEM_VERDICT_BUS);
	assert_int_equal(r->limits.bytes.kind, AMOUNT_PERCENT);
	assert_int_equal(r->limits.uid_buffers, 3);
	assert_int_equal(r->limits.largest.value, 4096);
	assert_int_equal(r->limits.reserved.value, 1 << 20);
	r = &p.rules[1];
	assert_string_equal(r->tenant, "group:members");
	assert_int_equal(r->regions.n, 0);
	assert_int_equal(r->min_verdict, P2PMEM_VERDICT_BRIDGE);
	assert_true(r->administer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_is_no_text), cmocka_unit_test(finds_nul),
		cmocka_unit_test(bounds_depth_and_size), cmocka_unit_test(finds_wrong_members),
		cmocka_unit_test(finds_wrong_names),	 cmocka_unit_test(warns_of_unknown_names),
		cmocka_unit_test(finds_wrong_objects),	 cmocka_unit_test(finds_wrong_limits),
		cmocka_unit_test(finds_all_at_once),	 cmocka_unit_test(reads_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
